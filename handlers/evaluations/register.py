"""Evaluating models: by command, by buttons on jobs and results, in a window."""

from typing import Final

from handlers.blocks.card import JOB_EVALUATE
from handlers.blocks.evaluation_menu import MORE
from handlers.evaluations import card, drift_blocks, dropped_graders, modal, question, result_blocks
from handlers.evaluations.listeners import EvaluationListeners
from handlers.routing import Command, Feature, Modal, Topic

FEATURE: Final = Feature(
    EvaluationListeners,
    commands=(Command("evaluate", Topic.TALK, EvaluationListeners.command, opens=JOB_EVALUATE),),
    buttons={
        JOB_EVALUATE: EvaluationListeners.of_job,
        dropped_graders.EVALUATE_WITH: EvaluationListeners.with_grader,
        question.CONFIRMED: EvaluationListeners.confirmed,
        question.CHANGE: EvaluationListeners.change,
        question.NOT_NOW: EvaluationListeners.not_now,
        **dict.fromkeys((modal.MODELS, *modal.CHANGES), EvaluationListeners.changed),
        result_blocks.ALL_ANSWERS: EvaluationListeners.all_answers,
        result_blocks.PROMOTE: EvaluationListeners.promote,
        drift_blocks.REPEAT: EvaluationListeners.repeat,
        card.CONTROLS.pause: EvaluationListeners.pause,
        card.CONTROLS.resume: EvaluationListeners.resume,
        card.CONTROLS.cancel: EvaluationListeners.cancel,
        # On results that were posted when these were buttons.
        result_blocks.ASK_MORE: EvaluationListeners.ask_more,
        result_blocks.ANOTHER_GRADER: EvaluationListeners.another_grader,
    },
    options={
        (MORE, result_blocks.ASK_MORE): EvaluationListeners.ask_more,
        (MORE, result_blocks.ANOTHER_GRADER): EvaluationListeners.another_grader,
    },
    modals={modal.CALLBACK_ID: Modal(EvaluationListeners.submitted, modal.wrong)},
    searches={modal.MODELS: EvaluationListeners.search_models},
)
