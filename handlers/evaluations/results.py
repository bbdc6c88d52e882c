"""The messages that say what came of an evaluation, and the pictures in them."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog

from bot.evaluations.charts import calibration_chart, confusion_chart, curves_chart, gains_chart, scores_chart
from bot.evaluations.differences import Differences, ToldDifference
from bot.evaluations.evaluation import Evaluation, EvaluationStore
from bot.evaluations.result import Result
from bot.models.names import short_name
from bot.notices.interfaces import MessageStore, PostError
from bot.worker_processes import Pool, WorkerPools
from handlers.blocks.message import Message
from handlers.evaluations.drift_blocks import drift_message
from handlers.evaluations.result_blocks import (
    Picture,
    best_classifier,
    classes_message,
    differences_message,
    model_in_question,
    result_message,
)
from handlers.web.poster import Poster
from texts.charts import (
    calibration_alt_text,
    confusion_alt_text,
    curves_alt_text,
    evaluation_words,
    gains_alt_text,
    scores_alt_text,
)
from training_files import TrainingFileError

log = structlog.get_logger()


@dataclass(frozen=True)
class ResultMessages:
    store: EvaluationStore
    messages: MessageStore
    differences: Differences
    poster: Poster
    pools: WorkerPools

    async def of(self, evaluation: Evaluation) -> list[tuple[str, Message]]:
        """In the order in which they stand, each with its key, in the language in force."""
        encoded = await self.store.result(evaluation.id)
        if encoded is None:
            return []
        result = msgspec.json.decode(encoded, type=Result)
        messages = {
            "result": result_message(evaluation, result, await self._scores(evaluation, result)),
            "classes": classes_message(result, await self._classes(evaluation, result)),
            "differences": differences_message(result, await self._told(evaluation, result)),
            "drift": drift_message(result),
        }
        return [(key, message) for key, message in messages.items() if message is not None]

    async def _told(self, evaluation: Evaluation, result: Result) -> list[ToldDifference]:
        """Of the model that is most worth looking at."""
        model = model_in_question(result)
        return await self.differences.told(evaluation, result, model) if model is not None else []

    async def _scores(self, evaluation: Evaluation, result: Result) -> list[Picture]:
        """Of several models the gains: intervals of their scores may overlap where their difference is clear."""
        gains = [(short_name(one.model), one.compared) for one in result.gains if one.compared.gain is not None]
        if gains:
            return await self._picture(evaluation, "gains", gains_alt_text(gains), gains_chart, gains)
        scores = [(short_name(one.model), one.estimate) for one in result.scores]
        return await self._picture(evaluation, "scores", scores_alt_text(scores), scores_chart, scores)

    async def _classes(self, evaluation: Evaluation, result: Result) -> list[Picture]:
        best = best_classifier(result)
        if best is None:
            return []
        name, found = short_name(best), result.classification[best]
        pictures = await self._picture(
            evaluation, "confusion", confusion_alt_text(found), confusion_chart, found, title=name
        )
        models = [(short_name(model), one) for model, one in result.classification.items()]
        curves = [(model, one.binary) for model, one in models if one.binary is not None and one.binary.roc]
        if curves:
            pictures += await self._picture(evaluation, "curves", curves_alt_text(curves), curves_chart, curves)
        calibrated = [(model, one.calibration) for model, one in models if one.calibration is not None]
        if calibrated:
            alt_text = calibration_alt_text(calibrated)
            pictures += await self._picture(evaluation, "calibration", alt_text, calibration_chart, calibrated)
        return pictures

    async def _picture(
        self,
        evaluation: Evaluation,
        key: str,
        alt_text: str,
        draw: Callable[..., bytes],
        shown: Any,
        title: str = "",
    ) -> list[Picture]:
        """Drawn and uploaded once for what it shows; none where that does not work: the words are worth more."""
        words = evaluation_words()
        digest = hashlib.sha256(msgspec.json.encode((shown, words, title))).hexdigest()
        known = (await self.messages.of(evaluation.id)).get(key)
        if known is not None and known.ts is not None and known.shown == digest:
            return [(known.ts, alt_text)]
        try:
            png = await self.pools.run(draw, shown, words, title=title, pool=Pool.CHARTS)
            file_id = await self.poster.files.upload_image(f"{evaluation.id}-{key}.png", png, alt_text)
        except (TrainingFileError, PostError) as error:
            log.warning("picture of evaluation not made", evaluation=evaluation.id, key=key, why=str(error))
            return []
        await self.messages.posting(evaluation.id, key, time.time())
        await self.messages.posted(evaluation.id, key, file_id, digest)
        return [(file_id, alt_text)]
