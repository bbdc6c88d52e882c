"""Jobs: asked for one by one and as sweeps, shown, controlled, compared by their metrics, and reported."""

from app.features.administration import approval_questions
from app.services import Services
from bot.datasets.overlaps import Overlaps
from bot.datasets.provider_files import ProviderFiles
from bot.experiments.run_metrics import MetricsOverview
from bot.experiments.search import JobSearch
from bot.job_requests import JobRequests
from bot.jobs.controls import JobControls
from bot.jobs.history import JobHistory
from bot.jobs.import_job import JobImport
from bot.jobs.job import Job
from bot.jobs.kept_checkpoints import KeptCheckpoints
from bot.jobs.results import JobResults
from bot.reports.job_report import JobReports
from bot.store.experiments import SqlExperimentStore
from bot.sweeps.sweeps import Sweeps
from handlers.experiments.listeners import ExperimentListeners
from handlers.group_approval.listeners import GroupApprovalListeners
from handlers.job_controls.listeners import JobControlListeners
from handlers.jobs.listeners import JobListeners
from handlers.links.listeners import LinkListeners
from handlers.metrics.listeners import MetricsListeners
from handlers.modals import Modals
from handlers.reports.listeners import ReportListeners
from handlers.start.listeners import StartListeners
from handlers.start.modal import StartModal
from handlers.sweeps.listeners import SweepListeners


def start_listeners(services: Services, files: ProviderFiles) -> StartListeners:
    requests = JobRequests(
        jobs=services.jobs,
        job_lookup=services.job_lookup,
        dataset_lookup=services.dataset_lookup,
        trainable=services.trainable_datasets,
        provider_files=files,
        catalogue=services.catalogue,
        submitter=services.submitter,
        providers=services.providers,
        channel_providers=services.channel_providers,
        authority=services.authority,
        audit=services.audit,
    )
    modal = StartModal(
        callers=services.callers,
        requests=requests,
        datasets=services.dataset_lookup,
        trainable=services.trainable_datasets,
        models=services.trainable_models,
        overlaps=Overlaps(services.file_store, services.pools),
        poster=services.poster,
        providers=services.channel_providers,
    )
    return StartListeners(
        callers=services.callers,
        requests=requests,
        datasets=services.dataset_lookup,
        trainable=services.trainable_datasets,
        provider_files=files,
        models=services.trainable_models,
        model_lookup=services.model_lookup,
        incoming_files=services.incoming_files,
        modal=modal,
    )


def sweep_listeners(services: Services, start: StartListeners) -> SweepListeners:
    return SweepListeners(
        callers=services.callers,
        sweeps=Sweeps(
            services.groups,
            start.requests,
            services.submitter,
            controls(services),
            services.authority,
            services.audit,
            services.job_lookup,
        ),
        store=services.groups,
        start=start,
        modals=Modals(services.poster),
        poster=services.poster,
    )


def group_approval_listeners(services: Services) -> GroupApprovalListeners:
    return GroupApprovalListeners(
        callers=services.callers,
        approvals=services.group_approvals,
        modals=Modals(services.poster),
        questions=approval_questions(services),
    )


def job_listeners(services: Services, files: ProviderFiles) -> JobListeners:
    jobs, lookup, authority = services.jobs, services.job_lookup, services.authority
    return JobListeners(
        callers=services.callers,
        overview=services.overview,
        job_history=job_history(services),
        keeping=KeptCheckpoints(jobs, lookup, authority),
        results=job_results(services),
        imports=JobImport(
            services.sync,
            authority,
            services.catalogue.resource,
            files.require_to_post,
            services.channel_providers.is_allowed,
        ),
        learned=services.learned,
        links=services.job_links,
        cards=services.cards,
        modals=Modals(services.poster),
        poster=services.poster,
        language_of=services.languages.place,
    )


def link_listeners(services: Services) -> LinkListeners:
    return LinkListeners(
        callers=services.callers,
        links=services.job_links,
        cards=services.cards,
        poster=services.poster,
        language_of=services.languages.place,
    )


def job_history(services: Services) -> JobHistory:
    return JobHistory(services.jobs, services.job_lookup, services.audit, services.deliveries)


def job_results(services: Services) -> JobResults:
    return JobResults(services.jobs, services.job_lookup, services.providers)


def job_control_listeners(services: Services) -> JobControlListeners:
    return JobControlListeners(
        callers=services.callers,
        lookup=services.job_lookup,
        controls=controls(services),
    )


def controls(services: Services) -> JobControls:
    def hint(job: Job) -> None:
        services.followers[job.provider].hint(job.provider_job_id or "")

    return JobControls(services.job_lookup, services.sync, services.submitter, services.authority, hint)


def metrics_listeners(services: Services) -> MetricsListeners:
    overlaps = Overlaps(services.file_store, services.pools)
    return MetricsListeners(
        callers=services.callers,
        overview=services.overview,
        metrics_of=MetricsOverview(services.jobs, services.job_lookup, services.datasets, overlaps, services.authority),
        pools=services.pools,
        poster=services.poster,
        language_of=services.languages.place,
    )


def experiment_listeners(services: Services, metrics: MetricsListeners) -> ExperimentListeners:
    return ExperimentListeners(
        callers=services.callers,
        search=job_search(services),
        drawn=metrics,
        cards=services.cards,
        poster=services.poster,
        language_of=services.languages.place,
    )


def job_search(services: Services) -> JobSearch:
    return JobSearch(SqlExperimentStore(services.database), services.jobs, services.authority)


def report_listeners(services: Services) -> ReportListeners:
    return ReportListeners(
        callers=services.callers,
        reports=JobReports(
            services.job_lookup,
            services.jobs,
            services.datasets,
            services.collections,
            services.evaluations,
            services.authority,
        ),
        overview=services.overview,
        people=services.people,
        cards=services.cards,
        pools=services.pools,
        poster=services.poster,
        language_of=services.languages.place,
    )
