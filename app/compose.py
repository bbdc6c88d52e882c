"""How the product is put together: the listeners of every feature. What features share are services; what one has of
another is an argument."""

from collections.abc import Mapping

from app.features.administration import administration_listeners, digest_listeners, spending_listeners
from app.features.chat import (
    agent_listeners,
    chat_listeners,
    chat_threads,
    conversation_settings_listeners,
    function_call_listeners,
)
from app.features.collections import (
    collection_listeners,
    feedback_listeners,
    retraining_listeners,
    scheduled_training_listeners,
    thread_example_listeners,
)
from app.features.compare import compare_listeners
from app.features.datasets import (
    dataset_deletion,
    dataset_listeners,
    deletion_listeners,
    provider_file_listeners,
    provider_files,
    repair_listeners,
)
from app.features.deployments import deployment_listeners
from app.features.evaluations import evaluation_listeners, model_answers
from app.features.generation import generation_listeners
from app.features.home import home_listeners
from app.features.jobs import (
    experiment_listeners,
    group_approval_listeners,
    job_control_listeners,
    job_listeners,
    link_listeners,
    metrics_listeners,
    report_listeners,
    start_listeners,
    sweep_listeners,
)
from app.features.judges import judge_listeners
from app.features.launcher import launcher_listeners, shortcut_listeners
from app.features.models import export_listeners, model_listeners, provider_listeners, retirement_listeners
from app.features.moves import move_listeners, succession_listeners
from app.features.personal_data import personal_data_listeners
from app.features.rehearsals import rehearsal_listeners
from app.features.support import support_listeners
from app.features.workflow_steps import step_listeners
from app.services import Services


def listeners(services: Services) -> Mapping[type[object], object]:
    """For each class that a feature names in its register."""
    deletion = dataset_deletion(services)
    files = provider_files(services)
    threads = chat_threads(services)
    answers = model_answers(services)

    datasets = dataset_listeners(services, deletion)
    start = start_listeners(services, files)
    metrics = metrics_listeners(services)
    chat = chat_listeners(services, threads)
    compare = compare_listeners(services, threads)
    launcher = launcher_listeners(services)
    evaluations = evaluation_listeners(services, answers, datasets.derived)
    moves = move_listeners(services, start.requests, evaluations.evaluations)
    thread_examples = thread_example_listeners(services)
    collections = collection_listeners(services, datasets.derived)
    retraining = retraining_listeners(services, compare, start, datasets.derived)
    made = [
        datasets,
        repair_listeners(services, datasets),
        deletion_listeners(services, deletion, datasets.reports),
        provider_file_listeners(services, files),
        start,
        sweep_listeners(services, start),
        group_approval_listeners(services),
        launcher,
        shortcut_listeners(services, start, chat, launcher, datasets),
        home_listeners(services),
        job_listeners(services, files),
        link_listeners(services),
        job_control_listeners(services),
        metrics,
        experiment_listeners(services, metrics),
        report_listeners(services),
        model_listeners(services),
        retirement_listeners(services),
        deployment_listeners(services),
        provider_listeners(services),
        export_listeners(services),
        chat,
        conversation_settings_listeners(services, chat),
        function_call_listeners(services, chat),
        agent_listeners(services, chat),
        compare,
        evaluations,
        moves,
        succession_listeners(services, moves, chat, evaluations.evaluations),
        rehearsal_listeners(services, start, datasets.derived.datasets, evaluations.evaluations),
        judge_listeners(services, evaluations.evaluations, answers, compare.arenas),
        generation_listeners(services, answers),
        support_listeners(services),
        thread_examples,
        feedback_listeners(services, thread_examples.examples),
        collections,
        retraining,
        scheduled_training_listeners(services, retraining, collections, start),
        spending_listeners(services),
        digest_listeners(services),
        administration_listeners(services),
        personal_data_listeners(services, datasets.reports.take_down),
        step_listeners(services, start),
    ]
    return {type(each): each for each in made}
