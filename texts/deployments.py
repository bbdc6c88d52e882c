"""Deployments: fine-tuned models that answer only while they are deployed, paid by the hour. Values come as they shall
be shown."""

from texts.formats import dollars
from texts.language import _, plural


def deploy_button() -> str:
    return _("Deploy…")


def confirm_button() -> str:
    return _("Deploy it")


def remove_button() -> str:
    return _("Remove deployment…")


def remove_question() -> tuple[str, str, str, str]:
    """Title, text, yes and no."""
    return (
        _("Remove the deployment?"),
        _("It costs nothing more then. Until it is deployed again, nobody can talk to the model."),
        _("Remove it"),
        _("Keep it"),
    )


def price(hourly: float | None) -> str:
    """`hourly`: US dollars."""
    if hourly is None:
        return _("unknown price per hour")
    return _("{price} an hour", price=dollars(hourly))


def question(model: str, provider: str) -> str:
    return _(
        "Deploy {model} at {provider}? It can be talked to only once it is deployed.", model=model, provider=provider
    )


def what_it_costs(hourly: float, monthly: float) -> str:
    """US dollars."""
    return _(
        "That costs {hourly} an hour, about {monthly} a month, whether anybody asks the model or not, until somebody "
        "removes the deployment. Answers are paid besides. The hours count within no budget of the bot.",
        hourly=dollars(hourly),
        monthly=dollars(monthly),
    )


def costs_unknown() -> str:
    return _(
        "It is paid by the hour, whether anybody asks the model or not, until somebody removes the deployment. The bot "
        "does not know the price: your provider's price list does, and an administrator can set `hosting` in "
        "providers.toml. The hours count within no budget of the bot."
    )


def asked(model: str) -> str:
    return _(
        "{model} is being deployed. That usually takes a few minutes; the job's thread says when it can be talked to.",
        model=model,
    )


def removing(model: str) -> str:
    return _("The deployment of {model} is being removed; the job's thread says when it is gone.", model=model)


def under_way(provider: str) -> str:
    return _("Being deployed at {provider}", provider=provider)


def leaving(provider: str) -> str:
    return _("Its deployment at {provider} is being removed", provider=provider)


def deployed_since(when: str, price: str) -> str:
    return _("Deployed since {when} · {price}", when=when, price=price)


def cost_so_far(usd: float) -> str:
    return _("about {amount} so far", amount=dollars(usd))


def list_heading(count: int) -> str:
    return plural("{count} model is deployed", "{count} models are deployed", count)


def more(count: int) -> str:
    """Deployments that the list has no room for."""
    return plural("And {count} more.", "And {count} more.", count)


def together(hourly: float, unknown: int) -> str:
    """`unknown`: how many more there are of which nobody knows the price."""
    if not unknown:
        return _("Together {price} an hour.", price=dollars(hourly))
    more = plural("{count} more whose price is unknown", "{count} more whose prices are unknown", unknown)
    return _("Together {price} an hour, and {more}.", price=dollars(hourly), more=more)


def none_deployed() -> str:
    return _("No model is deployed, so none costs anything by the hour.")


def ready(person: str, model: str, price: str) -> str:
    return _(
        "{person} {model} is deployed and can be talked to. {price}, until somebody removes the deployment.",
        person=person,
        model=model,
        price=price,
    )


def failed(person: str, model: str, why: str | None) -> str:
    """`why`: in the provider's words."""
    if why is None:
        return _("{person} {model} could not be deployed. The provider gave no reason.", person=person, model=model)
    return _("{person} {model} could not be deployed: {why}", person=person, model=model, why=why)


def removed(person: str, model: str) -> str:
    return _(
        "{person} removed the deployment of {model}. It costs nothing more; it can be deployed again at any time.",
        person=person,
        model=model,
    )


def stays(person: str, model: str, why: str) -> str:
    """`why`: in the provider's words."""
    return _(
        "{person} The deployment of {model} could not be removed, and goes on costing: {why}",
        person=person,
        model=model,
        why=why,
    )


def gone(person: str, model: str, provider: str) -> str:
    return _(
        "{person} {model} is no longer deployed at {provider}: somebody removed the deployment there, or it had not "
        "been used for long. It costs nothing more; it can be deployed again at any time.",
        person=person,
        model=model,
        provider=provider,
    )


def unused(person: str, model: str, days: int, price: str) -> str:
    return plural(
        "{person} Nobody has asked {model} anything for {count} day, and its deployment goes on costing ({price}). "
        "Remove it if nobody needs it: it can be deployed again at any time.",
        "{person} Nobody has asked {model} anything for {count} days, and its deployment goes on costing ({price}). "
        "Remove it if nobody needs it: it can be deployed again at any time.",
        days,
        person=person,
        model=model,
        price=price,
    )
