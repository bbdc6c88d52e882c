"""A rescue that is killed goes on where it was, and leaves what one leaves that nothing has disturbed."""

import asyncio
import os
import sys
from pathlib import Path

from tests.organisation import Organisation
from tests.rescuing import Run, objects

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "tests.rescue_process")


async def test_killed_in_the_middle_with_a_rude_provider_it_ends_up_byte_for_byte_the_same(
    rescue: Run, tmp_path: Path
) -> None:
    calm, disturbed = tmp_path / "calm", tmp_path / "disturbed"
    async with Organisation() as organisation:
        organisation.add_history(200, files=10, results_of=20)
        undisturbed = await rescue(calm, of=organisation)
        asked = len(organisation.requests)
        organisation.rude = True
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "OPENAI_API_KEY": organisation.key,
            "OPENAI_BASE_URL": organisation.url,
        }
        process = await asyncio.create_subprocess_exec(
            *PROGRAM, disturbed, env=environment, cwd=tmp_path, stdout=asyncio.subprocess.DEVNULL
        )
        while len(organisation.requests) < asked + 200:
            assert process.returncode is None
            await asyncio.sleep(0.005)
        process.kill()
        await process.wait()
        before = objects(disturbed)
        outcome = await rescue(disturbed, of=organisation)
    assert outcome.missing == []
    assert outcome.jobs == undisturbed.jobs == 200
    assert outcome.kept > 0
    assert 0 < len(before) < len(objects(disturbed))
    assert objects(disturbed) == objects(calm)
