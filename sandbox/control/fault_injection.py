"""Faults in the API, closed sockets, and repeated deliveries."""

from sandbox.control.request import BadRequest, ControlRequest, endpoint
from sandbox.fault_injection import Fault
from sandbox.model import Json


@endpoint("fault")
async def fault(request: ControlRequest) -> Json:
    if request.fields.get("clear"):
        request.state.faults.clear()
        return {"faults": []}
    if request.text("method"):
        try:
            request.state.faults.add(
                Fault(
                    request.text("method"),
                    request.text("kind"),
                    request.text("value"),
                    int(request.fields.get("times", 1)),
                    int(request.fields.get("skip", 0)),
                    request.text("match"),
                )
            )
        except ValueError as e:
            raise BadRequest(str(e)) from e
    return {"faults": request.state.faults.as_list()}


@endpoint("disconnect")
async def disconnect(request: ControlRequest) -> Json:
    """Close the app's sockets, or ask it to reconnect (`reason`: warning, refresh_requested, link_disabled)."""
    sockets = request.state.deliverer.sockets
    count = sockets.count
    if request.text("reason"):
        await sockets.refresh(request.text("reason"))
    else:
        await sockets.close()
    return {"connections": count}


@endpoint("deliveries")
async def deliveries(request: ControlRequest) -> Json:
    """Deliveries to the app and whether it acknowledged them, newest last; filtered by `state`, `kind`, `name`."""
    log = [
        d.as_dict()
        for d in request.state.deliverer.log
        if request.text("state") in ("", d.state)
        and request.text("kind") in ("", d.kind)
        and request.text("name") in ("", d.name)
    ]
    return {"deliveries": log, "connections": request.state.deliverer.sockets.count}


@endpoint("redeliver")
async def redeliver(request: ControlRequest) -> Json:
    """Send an event again with the same event_id, as Slack does when an acknowledgement is lost."""
    for delivery in request.state.deliverer.log:
        if request.text("event_id") == delivery.id and delivery.kind == "events_api":
            request.state.deliverer.event(delivery.payload)
            return {}
    raise BadRequest(f"there is no delivery of an event {request.text('event_id')!r}")
