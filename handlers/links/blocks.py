"""What stands below a message that has a link to a job."""

from typing import Any

from bot.jobs.overview import AssessedJob
from handlers.blocks.figures import one_line
from handlers.blocks.job_entry import job_entry
from handlers.blocks.parts import section


def unfurled(found: AssessedJob, permalink: str | None) -> dict[str, Any]:
    """As `chat.unfurl` takes it: one block. `permalink`: of the job's card."""
    entry = job_entry(found.job, permalink, found.assessment)
    figures = one_line(found.assessment.figures)
    return {"blocks": [section(f"{entry}\n    {figures}" if figures else entry).to_dict()]}
