"""What `/finetune help` says of each sub-command. The name of each function below `topic` is a command's name."""

from collections.abc import Callable
from dataclasses import dataclass

from texts.language import _


@dataclass(frozen=True)
class Description:
    """`usage` is how the command is written after `/finetune`; `summary` a line without a full stop; `details` one or
    two sentences, with what is typed in backticks. `examples` are typed alike in every language.
    """

    usage: str
    summary: str
    details: str
    examples: tuple[str, ...]


_DESCRIPTIONS: dict[str, Callable[[], Description]] = {}


def described(command: str) -> Description:
    """Raises KeyError where nothing is written about it."""
    return _DESCRIPTIONS[command]()


def topic(key: str) -> str:
    """The heading over the commands of a topic."""
    return {
        "train": _("Train"),
        "follow": _("Follow"),
        "control": _("Control"),
        "talk": _("Talk"),
        "manage": _("Manage"),
    }[key]


def _command(describe: Callable[[], Description]) -> Callable[[], Description]:
    _DESCRIPTIONS[describe.__name__] = describe
    return describe


@_command
def start() -> Description:
    return Description(
        _("start [FILE] [model=… epochs=… batch=… lr=… …]"),
        _("Train a model on a file you dropped here; with settings, after a question"),
        _(
            "Without a file it takes the one of the thread, or the one dropped last in this channel. Without settings "
            "a window opens. Settings: `model`, `method`, `suffix`, `epochs`, `validation`, `batch`, `lr`, `beta`, "
            "`grader`, `effort`, `compute`, `eval_interval`, `eval_samples`, `seed`, `wandb`, `metadata`. A validation "
            "file that was dropped with it, or split off it, is taken too; `validation=none` leaves it out. "
            "`confirm=yes` leaves the question out."
        ),
        ("start", "start support.jsonl", "start support.jsonl epochs=3 lr=0.5 suffix=support"),
    )


@_command
def overview() -> Description:
    return Description(
        _("overview"),
        _("Show what is running, what needs you, and what you can do"),
        _("`/finetune` alone does the same, and so does a mention of me with nothing else."),
        ("overview",),
    )


@_command
def settings() -> Description:
    return Description(
        _("settings"),
        _("Show and change what you set for yourself"),
        _("Whether you are asked for approvals, and told of them, in your direct messages, too."),
        ("settings",),
    )


@_command
def report() -> Description:
    return Description(
        _("report [JOB] [names=yes]"),
        _("Make one page of a job, to hand on outside of Slack"),
        _(
            "As HTML and PDF: data, where it comes from, settings, curves, checkpoints, evaluations, cost, software. "
            "Nobody is named, unless whoever started the job adds `names=yes`. Without a job it is the latest here."
        ),
        ("report", "report job-1a2b3c"),
    )


@_command
def sweep() -> Description:
    return Description(
        _("sweep [FILE] model=A,B epochs=1,3 lr=0.5,1 …"),
        _("Train several configurations of a file and compare them"),
        _(
            "Each setting may have several values, with commas; every combination is a job. You see the number and the "
            "price before anything is started. `random=8` draws eight of the combinations. `confirm=yes` leaves the "
            "question out."
        ),
        ("sweep", "sweep support.jsonl epochs=1,3 lr=0.5,1", "sweep epochs=1,2,4 lr=0.1,0.3,1 random=4"),
    )


@_command
def move() -> Description:
    return Description(
        _("move [MODEL … | all] [to PROVIDER] [base=MODEL]"),
        _("Train models anew at another provider and compare the new ones with the old"),
        _(
            "Each is trained on its own data with its own settings, the first to stop answering first; what fails is "
            "said beforehand. One plan has one price and one approval. When a new model is ready, both answer the same "
            "examples, and a button has the channel go on with it. Without `to` a window opens."
        ),
        ("move", "move support to trainer", "move all to trainer base=SmolLM2-135M-Instruct"),
    )


@_command
def rehearse() -> Description:
    return Description(
        _("rehearse [FILE]"),
        _("Let a small model learn a file first, for nothing, to see whether it teaches anything"),
        _(
            "The smallest model of your own trainer learns the file and answers examples that were held out, before "
            "and after. The end says in plain words what came of it, with a button that starts for real. Without a "
            "file it takes the one of the thread, or the one dropped last in this channel."
        ),
        ("rehearse", "rehearse support.jsonl"),
    )


@_command
def curve() -> Description:
    return Description(
        _("curve [FILE]"),
        _("See whether more data would help: a learning curve, for nothing"),
        _(
            "The smallest model of your own trainer learns a quarter, a half and all of the file; each answers the "
            "same held-out examples. The card shows the scores with their intervals, and says whether more data would "
            "help, would probably not, or cannot be told."
        ),
        ("curve", "curve support.jsonl"),
    )


@_command
def files() -> Description:
    return Description(
        _("files"),
        _("List the provider's files, and delete those that no job uses"),
        _("Each file has a button that deletes it at the provider. Our own copies stay."),
        ("files",),
    )


@_command
def jobs() -> Description:
    return Description(
        _("jobs [mine] [#channel] [model=…] [file=…] [last=7d] [state=…] [sort=…] [compare=yes | csv]"),
        _("List jobs; search, sort and compare them"),
        _(
            "Those that you may see, ten on a page. `since=2026-11-01` or `last=7d` says from when on, `state` takes "
            "what cards say, such as `training` or `failed`, and `active` for all that go on. `sort` takes `date`, "
            "`loss`, `accuracy`, `reward`, `cost` or `time`. `compare=yes` sets the first six beside each other; `csv` "
            "posts all that fit as a file, with all settings and results."
        ),
        ("jobs", "jobs mine last=7d sort=loss", "jobs model=gpt-4.1 state=succeeded compare=yes", "jobs #support csv"),
    )


@_command
def status() -> Description:
    return Description(
        _("status [JOB]"),
        _("Show where a job stands"),
        _("Without a job it is the latest of this channel, or of the thread."),
        ("status", "status job-1a2b3c"),
    )


@_command
def metrics() -> Description:
    return Description(
        _("metrics [JOB JOB …] [smooth=0.6]"),
        _("Draw what was measured, of up to six jobs beside each other"),
        _(
            "Training and validation, with a table and what shows in them. `smooth` is the weight of the moving "
            "average, from 0 (none) to 0.99. Without a job it is the latest here."
        ),
        ("metrics", "metrics job-1a2b3c", "metrics job-1a2b3c job-4d5e6f smooth=0.9"),
    )


@_command
def checkpoints() -> Description:
    return Description(
        _("checkpoints [JOB] [keep STEP [NAME] | release STEP]"),
        _("List what a job saved on its way, the best first, or keep one"),
        _(
            "With the figures of each, to talk to it or to go on from it. One that you `keep` stands among the team's "
            "models, under a name if you give it one, until you `release` it. Without a job it is the latest here."
        ),
        ("checkpoints", "checkpoints job-1a2b3c", "checkpoints job-1a2b3c keep 88 formal-voice"),
    )


@_command
def results() -> Description:
    return Description(
        _("results [JOB]"),
        _("Post a job's results as files"),
        _(
            "The provider's own file, and a CSV with a line for each step: losses, accuracies and rewards, blank where "
            "nothing was measured. Without a job it is the latest here."
        ),
        ("results", "results job-1a2b3c"),
    )


@_command
def events() -> Description:
    return Description(
        _("events JOB [page=2]"),
        _("Show all that the provider told about a job"),
        _("In pages, with buttons to turn them."),
        ("events job-1a2b3c", "events job-1a2b3c page=2"),
    )


@_command
def explain() -> Description:
    return Description(
        _("explain JOB [page=2]"),
        _("Show what led to what in a job"),
        _("Who asked for it, what the provider told, what people were told and when."),
        ("explain job-1a2b3c",),
    )


@_command
def follow() -> Description:
    return Description(
        _("follow PROVIDER-JOB"),
        _("Follow a job that was started elsewhere"),
        _("Write the provider's own id of the job. It gets a card here like any other."),
        ("follow ftjob-abc123",),
    )


@_command
def notify() -> Description:
    return Description(
        _("notify here | off | #channel"),
        _("Tell a channel how all public jobs end"),
        _("This holds until it is switched off again."),
        ("notify here", "notify #ml-news", "notify off"),
    )


@_command
def digest() -> Description:
    return Description(
        _("digest [daily | weekly] [at=09:00] [on=monday] | off"),
        _("Tell this channel daily or weekly what became of its jobs"),
        _(
            "What ended and how, what goes on, what waits for somebody, what retires, and what was spent. Times are by "
            "the clocks of whoever sets it. Where nothing happened, nothing is said."
        ),
        ("digest daily", "digest weekly on=monday at=09:00", "digest off"),
    )


@_command
def pause() -> Description:
    return Description(
        _("pause JOB [confirm=yes]"),
        _("Stop a job for a while"),
        _("It goes on with `resume`. Not every provider can pause."),
        ("pause job-1a2b3c",),
    )


@_command
def resume() -> Description:
    return Description(
        _("resume JOB [confirm=yes]"),
        _("Let a paused job go on"),
        _("It goes on where it was paused."),
        ("resume job-1a2b3c",),
    )


@_command
def cancel() -> Description:
    return Description(
        _("cancel JOB [confirm=yes]"),
        _("Stop a job for good"),
        _("Only the person who started it or an administrator may do this. A cancelled job cannot be resumed."),
        ("cancel job-1a2b3c",),
    )


@_command
def models() -> Description:
    return Description(
        _("models [allow MODEL | all]"),
        _("List base models and fine-tuned ones"),
        _(
            "Each fine-tuned model has a button that opens a thread to talk to it. With `allow`, an administrator says "
            "which models may be talked to in a channel: those that are named, or all again."
        ),
        ("models", "models allow support:v3", "models allow all"),
    )


@_command
def retiring() -> Description:
    return Description(
        _("retiring [page=2]"),
        _("List models that stop answering, and when"),
        _(
            "With who had them made, and where they are used. Channels that use such a model hear of it 90, 30, 14, 7 "
            "and 1 days before."
        ),
        ("retiring", "retiring page=2"),
    )


@_command
def deployments() -> Description:
    return Description(
        _("deployments"),
        _("List models that are deployed, and what they cost"),
        _(
            "At some providers a fine-tuned model answers only once it is deployed, which is paid by the hour. "
            "The card of its job has a button for it, which tells the price first."
        ),
        ("deployments",),
    )


@_command
def unused() -> Description:
    return Description(
        _("unused [days=90]"),
        _("List models and training files that nobody has used for a while"),
        _("With what was made of them. Those who may delete one have a button for it, which asks first."),
        ("unused", "unused days=30"),
    )


@_command
def export() -> Description:
    return Description(
        _("export MODEL [as=adapter|merged|gguf] [quantization=q4_k_m]"),
        _("Export a fine-tuned model as a file"),
        _(
            "Only the trainer hands models out. `adapter` is what was learned, `merged` the whole model as "
            "safetensors, `gguf` one file for llama.cpp and Ollama, with f16, bf16, q8_0, q6_k, q5_k_m, q4_k_m or "
            "q4_0. A message shows how far it is, and then the command that fetches it."
        ),
        ("export support", "export support as=gguf quantization=q8_0"),
    )


@_command
def chat() -> Description:
    return Description(
        _("chat [[PROVIDER/]MODEL] [system=… temperature=… top_p=… max_tokens=… stop=… seed=…]"),
        _("Open a thread that talks to a model"),
        _(
            "Name the model by its id, its short name or its job; without a name you talk to the model of the job in "
            "whose thread you are, or to the channel's model, where one was promoted. Where two providers have the "
            "model, name both: `lab/MODEL`. Reply in the thread, and it answers. Settings are for that thread; to "
            "change them, mention me in it with the new ones. Put what has spaces in quotes. `stop` can be given up to "
            "four times."
        ),
        ("chat", "chat support", 'chat gpt-4.1-mini system="Answer in one sentence." temperature=0.2'),
    )


@_command
def compare() -> Description:
    return Description(
        _("compare A B [C D] PROMPT"),
        _("Ask two to four models the same, side by side"),
        _(
            "Name the models as for `chat`; base models and checkpoints can be among them. Put the question in quotes "
            "where its first word could be a model. Without a question a window opens. Reply in the thread to ask all "
            "of them again."
        ),
        ("compare", "compare support gpt-4.1-mini Where is my invoice?"),
    )


@_command
def evaluate() -> Description:
    return Description(
        _("evaluate A[, B …] on FILE [with GRADER] [n=… samples=… checkpoints=yes]"),
        _("Measure whether one model is better than another, and how sure that is"),
        _(
            "Each model answers the same examples of the file, and a grader says which answers are right. Name a job "
            "instead of models to measure what it made against what it began with, on its validation file. Before "
            "anything is spent you see what it costs and how small a gain so many examples can show. `n` examples are "
            "drawn (200), each is asked `samples` times (1); `checkpoints=yes` takes the checkpoints of the job, too. "
            "Graders: `match`, `exact`, `contains`, `choice`, `number`, `json`, `calls`, `rouge_l` and others, the "
            "name of a grader's file that was dropped here, or JSON in backticks. Without words a window opens."
        ),
        ("evaluate support,gpt-4.1-mini on validation.jsonl", "evaluate support on validation.jsonl with match n=500"),
    )


@_command
def generate() -> Description:
    return Description(
        _("generate [TOPIC]"),
        _("Have a model write training examples"),
        _(
            "A window opens in which you choose the teacher, and say what the questions are about, who asks, and how "
            "the answers read. You see beforehand what that costs; a card shows how far it is. Questions that are "
            "nearly the same, and empty openings such as “Sure!”, are dropped and counted. Then you look at a sample, "
            "and keep what is good as a training set."
        ),
        ("generate", "generate Returning a parcel"),
    )


@_command
def answers() -> Description:
    return Description(
        _("answers [NAME]"),
        _("Make a training set of a channel's accepted answers"),
        _(
            "Each thread of the channel in which somebody got an answer becomes an example: the question, and the "
            "reply that people marked with ✅. A window asks how far back to read, and whose last answer counts where "
            "nobody marked one; it takes a channel's export, too. Names, addresses and keys are masked, and nothing is "
            "used before somebody else has accepted it."
        ),
        ("answers", "answers Returns and refunds"),
    )


@_command
def judge() -> Description:
    return Description(
        _('judge MODEL [rubric="…"]'),
        _("See how far a model's judgement agrees with people's here"),
        _(
            "The model judges answers that people rated with thumbs in this channel, and pairs on which they voted in "
            "arenas, in both orders. You see how often it agrees with them, and whether it goes by place or length. "
            "Before it is asked you see what that costs; its card shows how far it is. In the thread of an evaluation "
            "it says which model's answers are better, pair by pair."
        ),
        ("judge gpt-4.1-mini", 'judge gpt-4.1-mini rubric="Correct, and in two sentences at most."'),
    )


@_command
def arena() -> Description:
    return Description(
        _("arena [A B [C D] PROMPT | A B [C D] n=… on FILE [votes=…]]"),
        _("Let people vote on answers without names; alone: this channel's standings"),
        _(
            "The prompts are drawn from a file that was dropped here (`n` of them, 10 if you do not say), or it is the "
            "one you write. Names are revealed by whoever started it, when each pair has enough votes (`votes`, 3 if "
            "you do not say), or after seven days."
        ),
        ("arena", "arena support gpt-4.1-mini n=20 on validation.jsonl", "arena support gpt-4.1-mini Who are you?"),
    )


@_command
def delete() -> Description:
    return Description(
        _("delete MODEL | FILE"),
        _("Delete a fine-tuned model, or a training file"),
        _("You are asked before anything is deleted. Of a file, our copy and the provider's go."),
        ("delete support", "delete ds-1a2b3c"),
    )


@_command
def budget() -> Description:
    return Description(
        _("budget [set … | approval …]"),
        _("Show what this month has cost, and may cost"),
        _(
            "Administrators set what a person, a channel or the workspace may spend in a month, and above which price "
            "somebody has to approve a job."
        ),
        ("budget", "budget set @ana 20", "budget set workspace 200", "budget approval 10"),
    )


@_command
def language() -> Description:
    return Description(
        _("language [en | zh | default]"),
        _("Show or set my language in this channel"),
        _("`zh` is Simplified Chinese. What only you see is in the language of your Slack."),
        ("language", "language zh", "language default"),
    )


@_command
def provider() -> Description:
    return Description(
        _("provider [NAME | default]"),
        _("Show the providers of this channel, or put one first"),
        _(
            "Jobs go to the one that stands first, unless another is named. Only administrators may put another one "
            "first; `default` takes that back. To train at a certain provider once, type its name before the model: "
            "`model=NAME/MODEL`."
        ),
        ("provider", "provider lab", "provider default"),
    )


@_command
def retrain() -> Description:
    return Description(
        _("retrain [TRAINING SET] [every=… at_least=… model=… …]"),
        _("Train on a growing training set regularly"),
        _(
            "Without a training set it lists those that are trained on regularly in this channel. `every` is `daily`, "
            "`weekly`, `monthly`, or five fields as in cron, in your time zone; `every=never` ends it. Each time, a "
            "job is started only where at least so many examples are new (`at_least`, 10 if you say nothing), with the "
            "price, budgets and approval of any job. Settings are those of `start`."
        ),
        ("retrain", "retrain Support every=weekly", 'retrain Support every="0 6 * * 1" at_least=50 epochs=2'),
    )


@_command
def datasets() -> Description:
    return Description(
        _("datasets [NAME]"),
        _("List training sets that grow in Slack, or show one"),
        _(
            "With how many examples each has, and which models learned from them. A name, or the beginning of one, "
            "shows that training set with its examples and what was done to it. A button makes a training file of "
            "one, checked like any that is dropped here."
        ),
        ("datasets", "datasets Support"),
    )


@_command
def withdraw() -> Description:
    return Description(
        _("withdraw [@PERSON]"),
        _("Take your words back out of training sets"),
        _(
            "Shows which training sets hold what you said or added, and which models have learned from it; a button "
            "erases it. Administrators may do this for a person who asks them."
        ),
        ("withdraw", "withdraw @ana"),
    )


@_command
def erase() -> Description:
    return Description(
        _("erase [@PERSON]"),
        _("Erase a person"),
        _(
            "For administrators: asks first, then deletes what the person wrote and uploaded, and puts a pseudonym in "
            "place of their name everywhere else. Says what was erased, and which models have learned from it."
        ),
        ("erase @ana",),
    )


@_command
def audit() -> Description:
    return Description(
        _("audit [page=2 | csv]"),
        _("Show administrators who did what"),
        _("`csv` gives all of it as a file."),
        ("audit", "audit page=2", "audit csv"),
    )


@_command
def help() -> Description:
    return Description(
        _("help [COMMAND]"),
        _("Show this list, or one command's examples"),
        _("The same words work in direct messages, and after a mention of me."),
        ("help", "help start"),
    )
