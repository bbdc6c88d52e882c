"""What a job's report says, in the language in force: from what is known of the job to a page as values."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.audit import TERMINAL
from bot.evaluations.result import ModelGain, Result
from bot.evaluations.statistics import Verdict
from bot.jobs.estimate import real_cost
from bot.jobs.figures import Figure
from bot.jobs.job import Job
from bot.jobs.training_time import training_seconds
from bot.models.names import short_name
from bot.providers.protocol import of_method
from bot.reports.document import Block, Document, Facts, Grid, Paragraph, Section
from bot.reports.job_report import JobReport, Source
from bot.reports.pages import Curves
from bot.version import commit, version
from handlers.blocks.card import state_words, title
from handlers.blocks.text import clean
from texts import audit
from texts import figures as figure_texts
from texts import reports as texts
from texts.charts import loss_alt_text, words
from texts.evaluations import tables
from texts.evaluations.figures import confidence, no_interval, points, score, span
from texts.evaluations.result import better, cannot_tell, worse, would_be_needed
from texts.figures import verdict
from texts.formats import duration, enumerated, figure, money, number, percent, sentences, with_remark
from texts.job_inputs import method
from texts.language import current
from training_files import lookup
from training_files.redact import redact

_WORTH_A_CURVE = 2
_HASH_SHOWN = 16


def document_of(report: JobReport, people: Mapping[str, str], now: float) -> tuple[Document, Curves | None]:
    """The page, and what its chart is drawn from. `people`: names by Slack's ids, where they are to be told."""
    job = report.job
    sections = [
        Section(texts.model_heading(), (_model(report),)),
        Section(texts.training_heading(), tuple(_training(report))),
        Section(texts.data_heading(), tuple(_data(report))),
        Section(texts.origin_heading(), tuple(_lineage(report))),
        Section(texts.settings_heading(), (_settings(job),)),
    ]
    if report.checkpoints:
        sections.append(Section(texts.checkpoints_heading(), (_checkpoints(report),)))
    sections += [
        Section(texts.evaluation_heading(), tuple(_evaluations(report))),
        Section(texts.cost_heading(), (_cost(job, now),)),
        Section(texts.software_heading(), (_software(report),)),
    ]
    if report.names:
        sections.append(Section(texts.people_heading(), (_people(job, people),)))
    name = _plain(title(job))
    document = Document(
        texts.title(name), texts.subtitle(_moment(now)), current().locale.partition("_")[0], tuple(sections),
        texts.footer(version()),
    )  # fmt: skip
    if len(report.metrics) < _WORTH_A_CURVE:
        return document, None
    alt_text = loss_alt_text(report.metrics, method=job.method)
    return document, Curves(report.metrics, words(), job.method, _plain(job.suffix or job.base_model), alt_text, 1)


def _model(report: JobReport) -> Facts:
    job = report.job
    return _facts(
        ("state", _plain(state_words(job.state).replace("`", ""))),
        ("model", job.fine_tuned_model),
        ("base", job.base_model),
        ("revision", _revision(report)),
        ("method", method(job.method)),
        ("provider", job.provider),
        ("provider_job", job.provider_job_id),
        ("job", job.id),
    )


def _revision(report: JobReport) -> str:
    """Where the weights came from; a model of a vendor is fixed by the date in its id."""
    if report.trainer.origin:
        hashes = (f"{name} {sha256}" for name, sha256 in report.trainer.weights.items())
        return "\n".join([report.trainer.origin, *hashes])
    facts = lookup(report.job.base_model)
    dated = facts is not None and facts.provider == "openai" and facts.id == report.job.base_model
    return texts.dated_id() if dated else texts.not_told()


def _training(report: JobReport) -> list[Block]:
    measured = report.assessment.figures
    if not measured:
        return [Paragraph(texts.no_figures())]
    latest = max(one.step for one in measured)
    pairs = [(_heading(one), figure_texts.value(one, latest)) for one in measured]
    if report.assessment.diagnosis is not None:
        pairs.append((texts.fact("diagnosis"), verdict(report.assessment.diagnosis.problem)))
    return [Facts(tuple(pairs)), Paragraph(texts.figures_note())]


def _heading(one: Figure) -> str:
    return figure_texts.name(one.quantity, validates=one.part == "validation")


def _data(report: JobReport) -> list[Block]:
    blocks: list[Block] = []
    if report.data:
        blocks.append(_file("file", report.data[0]))
    else:
        blocks += [_facts(("file", report.job.training_file)), Paragraph(texts.unread())]
    if report.validation is not None:
        blocks.append(_file("validation", report.validation))
    else:
        blocks.append(_facts(("validation", report.job.validation_file or texts.none())))
    return blocks


def _file(kind: str, source: Source) -> Facts:
    dataset = source.dataset
    if dataset is None:
        return _facts((kind, texts.hidden()))
    found = dataset.report
    if found is None:
        return _facts((kind, dataset.name), ("sha256", dataset.sha256))
    findings = enumerated([f"{code} {number(count)}" for code, count in sorted(found.told.items())])
    return _facts(
        (kind, dataset.name),
        ("sha256", dataset.sha256),
        ("examples", texts.examples(found.examples, found.format)),
        ("tokens", texts.tokens(found.tokens.total, exact=found.tokens.exact)),
        ("findings", findings or texts.nothing_found()),
    )


def _lineage(report: JobReport) -> list[Block]:
    blocks: list[Block] = []
    made_of = [source for source in report.data if source.dataset is None or source.collections]
    if len(report.data) > 1 or made_of:
        rows = [_source_row(source) for source in report.data]
        blocks += [
            Paragraph(texts.derived_heading()),
            Grid(tuple(map(texts.column, ("file", "sha256", "made_of"))), tuple(rows)),
        ]
    elif report.data:
        blocks.append(Paragraph(texts.as_dropped()))
    else:
        blocks.append(Paragraph(texts.unread()))
    if report.parents:
        columns = tuple(map(texts.column, ("model", "job", "training_file")))
        parents = ((job.fine_tuned_model, job.id, job.file_name or job.training_file) for job in report.parents)
        blocks += [Paragraph(texts.parents()), _grid(columns, parents)]
    return blocks


def _source_row(source: Source) -> tuple[str, ...]:
    dataset = source.dataset
    if dataset is None:
        return (texts.hidden(), "–", "–")
    count = dataset.report.examples if dataset.report else 0
    sets = enumerated([_plain(one.name) for one in source.collections])
    made_of = sentences(texts.examples(count, dataset.format or "–"), texts.from_training_sets(sets) if sets else "")
    return (_plain(dataset.name), dataset.sha256[:_HASH_SHOWN], made_of)


def _settings(job: Job) -> Facts:
    asked, used = job.requested_hyperparameters, job.hyperparameters
    pairs: list[tuple[str, str]] = []
    for name in of_method(job.method):
        chosen, value = getattr(asked, name), getattr(used, name)
        if value == "auto":
            said = texts.left_to_provider()
        else:
            said = texts.chosen_by_provider(f"{value}") if chosen == "auto" else f"{value}"
        pairs.append((texts.setting(name), said))
    if job.seed is not None:
        pairs.append((texts.fact("seed"), str(job.seed)))
    if job.grader is not None:
        grader = with_remark(str(job.grader.get("name", "")), str(job.grader.get("type", "")))
        pairs.append((texts.fact("grader"), _plain(grader)))
    return Facts(tuple(pairs))


def _checkpoints(report: JobReport) -> Grid:
    headings = list(dict.fromkeys(_heading(one) for ranked in report.checkpoints for one in ranked.figures))
    rows = []
    for ranked in sorted(report.checkpoints, key=lambda one: one.checkpoint.step):
        measured = {_heading(one): _value(one) for one in ranked.figures}
        step = number(ranked.checkpoint.step)
        step = f"{step} ★ {texts.best_mark()}" if ranked.best else step
        rows.append((step, *(measured.get(name, "–") for name in headings), ranked.checkpoint.model))
    return _grid((texts.column("step"), *headings, texts.column("model")), rows)


def _value(one: Figure) -> str:
    return percent(one.value) if "accuracy" in one.quantity else figure(one.value)


def _evaluations(report: JobReport) -> list[Block]:
    if not report.evaluations:
        return [Paragraph(texts.no_evaluation())]
    blocks: list[Block] = []
    for one in report.evaluations:
        evaluation, result = one.evaluation, one.result
        asked = texts.asked(
            _plain(evaluation.file_name), evaluation.n, _plain(evaluation.grader_name), _moment(evaluation.created_at)
        )
        blocks.append(Paragraph(asked))
        if result is None:
            blocks.append(Paragraph(enumerated([_plain(model) for model in evaluation.models])))
            continue
        blocks.append(_scores(result))
        blocks += [Paragraph(_verdict(gain)) for gain in result.gains if gain.compared.gain is not None]
    return blocks


def _scores(result: Result) -> Grid:
    """Each model's score with its interval, and its gain on the first."""
    columns = (
        tables.model_column(),
        tables.n_column(),
        tables.score_column(),
        tables.interval_column(),
        tables.gain_column(),
        tables.p_column(),
    )
    gains = {gain.model: gain.compared for gain in result.gains}
    rows = []
    for one in result.scores:
        compared, estimate = gains.get(one.model), one.estimate
        gain = "–" if compared is None or compared.gain is None else points(compared.gain)
        p = None if compared is None else compared.p if compared.p_adjusted is None else compared.p_adjusted
        interval, n = span(estimate.low, estimate.high), str(estimate.n)
        rows.append((one.model, n, score(estimate.value), interval, gain, "–" if p is None else figure(p)))
    return _grid(columns, rows)


def _verdict(gain: ModelGain) -> str:
    compared = gain.compared
    say = {
        Verdict.BETTER: better,
        Verdict.WORSE: worse,
        Verdict.CANNOT_TELL: cannot_tell,
    }[compared.verdict]
    model, base = _plain(short_name(gain.model)), _plain(short_name(gain.base))
    if compared.low is None or compared.high is None:
        interval = no_interval()
    else:
        interval = confidence(points(compared.low), points(compared.high))
    gained = points(compared.gain or 0.0)
    before, after = score(compared.before), score(compared.after)
    said = say(model, base, after, before, gained, interval, compared.n)
    return sentences(said, would_be_needed(compared.needed) if compared.needed else "")


def _cost(job: Job, now: float) -> Facts:
    cost = real_cost(job)
    if cost is None and job.estimated_cost == 0:
        cost = 0.0
    trained = training_seconds(job, job.finished_at or now)
    return _facts(
        ("cost", money(cost)),
        ("estimate", money(job.estimated_cost)),
        ("trained_tokens", number(job.trained_tokens) if job.trained_tokens else None),
        ("training_time", duration(trained) if trained else None),
        ("created", _moment(job.created_at)),
        ("started", _moment(job.started_at) if job.started_at else None),
        ("finished", _moment(job.finished_at) if job.finished_at else None),
    )


def _software(report: JobReport) -> Facts:
    code = enumerated([f"{name} {value}" for name, value in report.trainer.code.items()])
    return _facts(("bot", f"Finetune Bot {version()}"), ("commit", commit()), ("trainer", code or texts.not_told()))


def _people(job: Job, people: Mapping[str, str]) -> Facts:
    approver = (job.approval.decided_by if job.approval and job.approval.approved else None) or ""
    return _facts(
        ("requester", people.get(job.requester, job.requester)),
        ("approver", audit.the_terminal() if approver == TERMINAL else people.get(approver, approver)),
    )


def _facts(*pairs: tuple[str, str | None]) -> Facts:
    return Facts(tuple((texts.fact(name), _plain(value)) for name, value in pairs if value))


def _grid(columns: Iterable[str], rows: Iterable[Iterable[str | None]]) -> Grid:
    return Grid(tuple(columns), tuple(tuple(_plain(cell or "–") for cell in row) for row in rows))


def _plain(text: Any) -> str:
    return clean(redact(str(text)))


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")
