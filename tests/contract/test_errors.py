"""Whatever a vendor's servers answer with, people read the same few sentences, and money is never spent twice."""

import pytest

from bot.jobs.explanations import Cause, cause_of
from bot.providers.interface import CreateRequest, Doubtful, ProviderError, RateLimited, Refused, TooManyJobs
from bot.providers.protocol import Hyperparameters
from tests.doubles import AS_DOCUMENTED, Deviations, Double
from texts.provider_errors import explanation

CREATE = "POST /fine_tuning/jobs"

# Status, code and message as OpenAI has them; servers without its codes say the message alone.
ERRORS = [
    (400, "invalid_training_file", "The training file is not in the expected format.", Refused, Cause.BAD_FILE),
    (401, "invalid_api_key", "Incorrect API key provided.", Refused, Cause.KEY),
    (401, None, "Not allowed.", Refused, Cause.KEY),
    (403, "training_not_available", "Fine-tuning is no longer available.", Refused, Cause.WOUND_DOWN),
    (403, None, "Not for you.", Refused, Cause.PERMISSION),
    (404, "model_not_found", "The model `x` does not exist", Refused, Cause.MODEL),
    (409, None, "Another request is under way.", Doubtful, Cause.SERVER),
    (422, None, "value is not a valid integer", Refused, Cause.SETTING),
    (429, "rate_limit_exceeded", "Rate limit reached.", RateLimited, Cause.RATE),
    (429, "slow_down", "Slow down.", RateLimited, Cause.RATE),
    (429, None, "You have reached the maximum of 3 active jobs.", TooManyJobs, Cause.TOO_MANY_JOBS),
    (500, "server_error", "The server had an error.", Doubtful, Cause.SERVER),
    (502, None, "Oops", Doubtful, Cause.SERVER),
    (503, "server_is_overloaded", "The engine is overloaded.", Doubtful, Cause.SERVER),
]


@pytest.mark.parametrize("deviations", AS_DOCUMENTED, ids=lambda deviations: deviations.vendor.name)
async def test_each_error_of_each_vendor_has_its_kind_and_its_sentence(deviations: Deviations) -> None:
    order = CreateRequest("job-1", "gpt-4.1-mini-2025-04-14", "file-1", None, Hyperparameters(), None, 7, 0.0)
    async with Double(deviations) as double:
        provider = double.connect()
        for status, code, message, kind, cause in ERRORS:
            double.fault(CREATE, status=status, code=code, message=message)
            double.requests.clear()
            with pytest.raises(ProviderError) as caught:
                await provider.create_job(order)
            assert type(caught.value) is kind, (status, code)
            known = Cause.MODEL if (found := cause_of(caught.value.as_job_error())) is Cause.DEPLOYMENT else found
            assert known is cause, (status, code, str(caught.value))
            assert explanation(cause)
            assert double.requests == [CREATE], "nothing is repeated"
        await provider.close()


@pytest.mark.parametrize("deviations", AS_DOCUMENTED, ids=lambda deviations: deviations.vendor.name)
async def test_a_job_whose_creation_was_not_answered_is_found_and_not_made_again(deviations: Deviations) -> None:
    async with Double(deviations) as double:
        provider = double.connect()
        double.files["file-1"] = ("a.jsonl", b"{}")
        order = CreateRequest("job-1", double.base_models[0], "file-1", None, Hyperparameters(), "team", 7, 0.0)
        for fault in ({"lost": True}, {"late": True, "status": 500}, {"late": True, "status": 409}):
            double.jobs.clear()
            double.fault(CREATE, **fault)
            with pytest.raises(Doubtful):
                await provider.create_job(order)
            found = await provider.find_job(order)
            assert found is not None
            assert [found.id] == list(double.jobs)
        await provider.close()
