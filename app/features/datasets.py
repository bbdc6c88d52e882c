"""Training files: taken in and checked, repaired, deleted, and known at the provider."""

from app.features.evaluations import grader_files
from app.services import Services
from bot.datasets.checking import DatasetCheck
from bot.datasets.deletion import DatasetDeletion
from bot.datasets.derived import DerivedDatasets
from bot.datasets.findings_file import FindingsFile
from bot.datasets.intake import DatasetIntake
from bot.datasets.provider_files import ProviderFiles
from bot.datasets.repairing import DatasetRepairing
from bot.datasets.report import DatasetReports
from bot.datasets.samples import DatasetSamples
from bot.datasets.second_pass import SecondPass
from bot.datasets.splitting import DatasetSplitting
from bot.models.deletion import ModelDeletion
from handlers.datasets.derived_files import DerivedFiles
from handlers.datasets.listeners import DatasetListeners
from handlers.datasets.reactions import Reactions
from handlers.datasets.reports import ReportMessages
from handlers.deletion.listeners import DeletionListeners
from handlers.modals import Modals
from handlers.provider_files.listeners import ProviderFileListeners
from handlers.repair.listeners import RepairListeners


def dataset_listeners(services: Services, deletion: DatasetDeletion) -> DatasetListeners:
    settings, datasets, file_store, pools = services.settings, services.datasets, services.file_store, services.pools
    poster, language = services.poster, services.languages.place
    catalogue, providers = services.catalogue, services.channel_providers
    checking = DatasetCheck(datasets, file_store, pools, catalogue, providers, tokenizers=settings.tokenizers)
    making = DerivedDatasets(datasets, services.membership.locks("derived"))
    reports = ReportMessages(
        datasets=datasets,
        reports=DatasetReports(datasets, services.jobs, catalogue, pools, providers),
        second_pass=SecondPass(datasets, file_store, pools),
        reactions=Reactions(datasets, poster, services.membership.locks("reaction")),
        poster=poster,
        language=language,
        between_edits=services.timing.between_report_edits,
    )
    return DatasetListeners(
        callers=services.callers,
        intake=DatasetIntake(datasets, file_store, pools, checking, services.authority),
        checking=checking,
        splitting=DatasetSplitting(services.dataset_lookup, making, file_store, pools),
        samples=DatasetSamples(services.dataset_lookup, file_store, pools),
        findings=FindingsFile(datasets, services.dataset_lookup, services.membership.locks("findings")),
        deletion=deletion,
        graders=grader_files(services),
        reports=reports,
        derived=DerivedFiles(making, checking, file_store, reports, poster, language),
        download=services.download,
        modals=Modals(poster),
        people=services.people,
        poster=poster,
        language=language,
    )


def repair_listeners(services: Services, datasets: DatasetListeners) -> RepairListeners:
    repairing = DatasetRepairing(
        services.dataset_lookup,
        services.trainable_datasets,
        datasets.derived.datasets,
        services.file_store,
        services.pools,
        tokenizers=services.settings.tokenizers,
    )
    return RepairListeners(services.callers, repairing, datasets.derived, datasets.modals)


def dataset_deletion(services: Services) -> DatasetDeletion:
    return DatasetDeletion(
        services.datasets,
        services.file_store,
        services.jobs,
        services.providers,
        services.evaluations.forget_file,
        services.authority,
        services.audit,
    )


def deletion_listeners(services: Services, deletion: DatasetDeletion, reports: ReportMessages) -> DeletionListeners:
    return DeletionListeners(
        callers=services.callers,
        datasets=deletion,
        models=ModelDeletion(
            services.catalogue, services.lost_models, services.evaluations.forget_model, services.authority
        ),
        lookup=services.model_lookup,
        poster=services.poster,
        take_down=reports.take_down,
    )


def provider_files(services: Services) -> ProviderFiles:
    return ProviderFiles(services.channel_providers, services.datasets, services.jobs, services.authority)


def provider_file_listeners(services: Services, files: ProviderFiles) -> ProviderFileListeners:
    return ProviderFileListeners(
        callers=services.callers,
        files=files,
        providers=services.channel_providers,
    )
