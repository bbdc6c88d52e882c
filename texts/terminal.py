"""What `finetune-bot check`, `prepare` and `split` write on a terminal.

Values come as they are: whoever prints a sentence takes out what a terminal would act on.
"""

from collections.abc import Sequence

from texts.formats import enumerated, grouped
from texts.language import _, plural
from training_files.report import TableNote

# Of several commands


def examples(count: int) -> str:
    return plural("{count} example", "{count} examples", count)


def line_label(line: int) -> str:
    return _("line {line}", line=line)


def at_line(line: int, message: str) -> str:
    return _("line {line}: {message}", line=line, message=message)


def file_label() -> str:
    """In place of a line, where it is about all of the file."""
    return _("file")


def more(count: int) -> str:
    return _("and {count} more", count=count)


def checking() -> str:
    return _("Checking")


def ready(file: str, warnings: int) -> str:
    if not warnings:
        return _("{file} is ready to train on.", file=file)
    return plural(
        "{file} is ready to train on, with {count} warning.",
        "{file} is ready to train on, with {count} warnings.",
        warnings,
        file=file,
    )


def not_ready(file: str, errors: int) -> str:
    return plural(
        "{file} cannot be trained on yet: {count} error.",
        "{file} cannot be trained on yet: {count} errors.",
        errors,
        file=file,
    )


def to_repair(command: str) -> str:
    return _("To repair it: {command}", command=command)


def to_convert(command: str) -> str:
    """Of a table."""
    return _("To convert it: {command}", command=command)


# check


def epochs_out_of_range(epochs: int, most: int) -> str:
    return _("The number of epochs is {epochs}; it must be from 1 to {most}.", epochs=epochs, most=most)


def findings_need_csv() -> str:
    return _("Findings are written as CSV: give their file a name of its own that ends in .csv.")


def findings_not_written(file: str, why: str) -> str:
    return _("The findings cannot be written to {file}: {why}.", file=file, why=why)


def looking_closer() -> str:
    return _("Looking closer")


def estimate(why: str) -> str:
    return _("An estimate: {why}.", why=why)


def errors_heading() -> str:
    return _("Errors")


def warnings_heading() -> str:
    return _("Warnings")


def closer_look_heading() -> str:
    return _("At a closer look")


def nothing_at_closer_look() -> str:
    return _("At a closer look: no near-duplicates, no contradictions, no row of refusals, no keys, no personal data.")


def findings_written(findings: int, file: str) -> str:
    return plural("{count} finding is in {file}.", "{count} findings are in {file}.", findings, file=file)


def for_all_findings(option: str) -> str:
    return _("For all findings: {option}", option=option)


def format_label() -> str:
    return _("Format")


def format_for(format: str, method: str) -> str:
    """`method`: as in the protocol."""
    return {
        "supervised": _("{format}, for supervised training", format=format),
        "dpo": _("{format}, for preference training (DPO)", format=format),
        "reinforcement": _("{format}, for training by a grader", format=format),
    }[method]


def examples_label() -> str:
    return _("Examples")


def none_yet(rows: int, *, exact: bool) -> str:
    """Of a table."""
    if exact:
        return plural("none yet; {count} row", "none yet; {count} rows", rows)
    return plural("none yet; about {count} row", "none yet; about {count} rows", rows)


def tokens_label() -> str:
    return _("Tokens")


def tokens(count: int, tokenizer: str, *, exact: bool) -> str:
    if exact:
        return _("{tokens}, counted with {tokenizer}", tokens=count, tokenizer=tokenizer)
    return _("about {tokens}, counted with {tokenizer}", tokens=count, tokenizer=tokenizer)


def lengths_label() -> str:
    return _("Lengths")


def lengths(median: int, p95: int, longest: int) -> str:
    return _("median {median}, 95th percentile {p95}, longest {longest}", median=median, p95=p95, longest=longest)


def epochs_label() -> str:
    return _("Epochs")


def epochs(epochs: int, why: str) -> str:
    return _("{epochs}: {why}", epochs=epochs, why=why)


def billed_label() -> str:
    return _("Billed")


def billed(tokens: int) -> str:
    return _("{tokens} tokens an epoch, long examples being cut", tokens=tokens)


def model_label() -> str:
    return _("Model")


def training_label(epochs: int) -> str:
    return plural("Training, {count} epoch", "Training, {count} epochs", epochs)


def last_day_label() -> str:
    return _("Last day to start")


def about(amount: str) -> str:
    return _("about {amount}", amount=amount)


def times(count: int) -> str:
    return plural("once", "{count} times", count)


def lines(numbers: Sequence[str], *, more: bool) -> str:
    listed = enumerated(numbers) + (" …" if more else "")
    return _("line {line}", line=listed) if len(numbers) == 1 else _("lines {lines}", lines=listed)


def other_codes(codes: str) -> str:
    """Codes of findings, each with its number."""
    return _("and {codes}", codes=codes)


# prepare


def reading() -> str:
    return _("Reading")


def repairing() -> str:
    return _("Repairing")


def nothing_written() -> str:
    return _("Nothing was written.")


def nothing_written_yet(what_to_do: str) -> str:
    return _("Nothing was written. {what_to_do}", what_to_do=what_to_do)


def unknown_repairs(ids: str, known: str) -> str:
    return _("There is no repair {ids}. There are: {known}.", ids=ids, known=known)


def name_another(file: str) -> str:
    return _("{file} is there already. Give another name with -o, or overwrite it with --force.", file=file)


def say_columns(command: str) -> str:
    return _("Say which column is what: {command}", command=command)


def name_repairs(options: str) -> str:
    return _("Or name the repairs, such as: {options}", options=options)


def table_note(note: TableNote) -> str:
    match note.kind:
        case "no_header":
            return _("No row looks like a header, so the columns are named by their letters.")
        case "header_row":
            return _("The header is row {row}.", **note.values)
        case "sheet":
            return _("Of its {sheets} sheets “{sheet}” was taken; the others are not read.", **note.values)
        case "by_names":
            return _("The columns are read so by their names.")
        case "by_contents":
            return _("The columns are read so by what stands in them.")


def columns_are_written(parts: Sequence[str]) -> str:
    """`parts`: `parts_of` each format."""
    return _("Write the columns as part=column,... The parts are, {parts}.", parts=grouped(parts))


def parts_of(format: str, parts: str) -> str:
    return _("for {format}: {parts}", format=format, parts=parts)


def examples_in(count: int, format: str) -> str:
    return plural("{count} example, {format}.", "{count} examples, {format}.", count, format=format)


def nothing_needs_repair() -> str:
    return _("Nothing needs repair.")


def nothing_can_be_repaired() -> str:
    return _("Nothing can be repaired.")


def left_out(count: int) -> str:
    return _("{count} left out", count=count)


def only_if_chosen(what: str) -> str:
    """`what`: what the repair does."""
    return _("Only if you choose it. {what}", what=what)


def because() -> str:
    """Before the reason why an example is left out."""
    return _("because")


def becomes() -> str:
    """Before what comes in place of what was just shown."""
    return _("becomes")


def written(file: str, count: int, dropped: int) -> str:
    if not dropped:
        return plural("{file}: {count} example.", "{file}: {count} examples.", count, file=file)
    return plural(
        "{file}: {count} example, {dropped} left out.",
        "{file}: {count} examples, {dropped} left out.",
        count,
        file=file,
        dropped=dropped,
    )


def cannot_be_saved(count: int) -> str:
    return plural("{count} example cannot be saved:", "{count} examples cannot be saved:", count)


def could_not_be_saved(count: int) -> str:
    return plural("{count} example could not be saved:", "{count} examples could not be saved:", count)


def all_of_it(command: str) -> str:
    return _("All of it: {command}", command=command)


def table(kind: str, rows: int, *, exact: bool) -> str:
    if exact:
        return plural(
            "A table ({kind}, {count} row). Its columns:",
            "A table ({kind}, {count} rows). Its columns:",
            rows,
            kind=kind,
        )
    return plural(
        "A table ({kind}, about {count} row). Its columns:",
        "A table ({kind}, about {count} rows). Its columns:",
        rows,
        kind=kind,
    )


def which_columns(such_as: str) -> str:
    return _("Which column is what? (such as {such_as}): ", such_as=such_as)


def read_so(such_as: str) -> str:
    return _("Read it so? Enter: yes. Else (such as {such_as}): ", such_as=such_as)


def write_it() -> str:
    return _("Write the file? Enter: yes, q: no. ")


def which_repairs(recommended: str) -> str:
    if not recommended:
        return _("Which? Enter: none. Else numbers, all, none, or q to stop: ")
    return _("Which? Enter: {recommended}. Else numbers, all, none, or q to stop: ", recommended=recommended)


def numbers_please(most: int) -> str:
    return _("Numbers from 1 to {most}, please.", most=most)


# split


def move_it_away(file: str) -> str:
    return _("{file} is there already. Move it away, or overwrite it with --force.", file=file)


def split_done(training: str, validation: str) -> str:
    """How many examples there are in each."""
    return _("{training} for training, {validation} for validation.", training=training, validation=validation)


def split_by_label(training: str, validation: str, label: str) -> str:
    return _(
        "{training} for training, {validation} for validation, each label of {label} in the same share.",
        training=training,
        validation=validation,
        label=label,
    )
