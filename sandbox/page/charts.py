"""A chart of a data_visualization block as SVG. The page's stylesheet gives the colours."""

import math

from markupsafe import Markup

from sandbox.model import Json

WIDTH, HEIGHT = 560, 240
LEFT, RIGHT, TOP, BOTTOM = 46, 8, 10, 46
RADIUS = 92


def svg(title: str, chart: Json) -> Markup:
    """A line, bar or area chart over categories, or a pie, with its legend below."""
    if chart["type"] == "pie":
        drawn, names = _pie(chart["segments"]), [segment["label"] for segment in chart["segments"]]
    else:
        drawn, names = _plot(chart), [series["name"] for series in chart["series"]]
    picture = Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, HEIGHT, title, Markup("").join(drawn)
    )
    key = Markup('<span><i class="series-{}"></i>{}</span>')
    return picture + Markup('<p class="legend">{}</p>').format(
        Markup("").join(key.format(number, name) for number, name in enumerate(names))
    )


def _plot(chart: Json) -> list[Markup]:
    axes = chart["axis_config"]
    categories = axes["categories"]
    table = [{point["label"]: float(point["value"]) for point in series["data"]} for series in chart["series"]]
    values = [value for points in table for value in points.values()]
    zero = chart["type"] != "line"  # a bar's or an area's length is its value
    low, high, unit = _axis(min([*values, 0.0] if zero else values), max([*values, 0.0] if zero else values))
    step = (WIDTH - LEFT - RIGHT) / len(categories)

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)

    drawn = []
    for line in range(round((high - low) / unit) + 1):
        value = low + unit * line
        drawn.append(
            Markup('<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(
                LEFT, WIDTH - RIGHT, y(value), y(value)
            )
        )
        drawn.append(_label(LEFT - 6, y(value) + 4, f"{value:.4g}", "end"))
    every = math.ceil(len(categories) / max(1, int((WIDTH - LEFT) / (8 * max(map(len, categories)) + 10))))
    for i, category in enumerate(categories):
        if i % every == 0:
            drawn.append(_label(LEFT + step * (i + 0.5), HEIGHT - BOTTOM + 16, category, "middle"))
    for number, points in enumerate(table):
        if chart["type"] == "bar":
            width = step * 0.76 / len(table)
            for i, category in enumerate(categories):
                top, bottom = sorted((y(points[category]), y(max(low, 0.0))))
                drawn.append(
                    Markup('<rect class="series-{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
                        number, LEFT + step * (i + 0.12) + width * number, top, width, max(bottom - top, 0.5)
                    )
                )
            continue
        line_points = [(LEFT + step * (i + 0.5), y(points[category])) for i, category in enumerate(categories)]
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in line_points)
        if chart["type"] == "area":
            ground = f"{line_points[-1][0]:.1f},{y(0.0):.1f} {line_points[0][0]:.1f},{y(0.0):.1f}"
            drawn.append(Markup('<polygon class="series-{} area" points="{} {}"/>').format(number, path, ground))
        drawn.append(Markup('<polyline class="series-{} curve" points="{}"/>').format(number, path))
        drawn += [
            Markup('<circle class="series-{}" cx="{:.1f}" cy="{:.1f}" r="2.6"/>').format(number, a, b)
            for a, b in line_points
        ]
    drawn.append(_label((LEFT + WIDTH) / 2, HEIGHT - 8, axes.get("x_label") or "", "middle"))
    if axes.get("y_label"):
        drawn.append(
            Markup('<text transform="translate(10 {:.0f}) rotate(-90)" text-anchor="middle">{}</text>').format(
                (TOP + HEIGHT - BOTTOM) / 2, axes["y_label"]
            )
        )
    return drawn


def _pie(segments: list[Json]) -> list[Markup]:
    total = sum(float(segment["value"]) for segment in segments)
    drawn, turned = [], 0.0
    for number, segment in enumerate(segments):
        share = float(segment["value"]) / total
        middle = 2 * math.pi * (turned + share / 2)
        if share > 0.999:
            shape = Markup('<circle class="series-{}" cx="{}" cy="{}" r="{}"/>').format(
                number, WIDTH / 2, HEIGHT / 2, RADIUS
            )
        else:
            (x1, y1), (x2, y2) = _on_circle(turned), _on_circle(turned + share)
            shape = Markup('<path class="series-{}" d="M{} {} L{:.1f} {:.1f} A{} {} 0 {} 1 {:.1f} {:.1f} Z"/>').format(
                number, WIDTH / 2, HEIGHT / 2, x1, y1, RADIUS, RADIUS, int(share > 0.5), x2, y2
            )
        drawn.append(shape)
        x, y = WIDTH / 2 + math.sin(middle) * (RADIUS + 14), HEIGHT / 2 - math.cos(middle) * (RADIUS + 14) + 4
        anchor = "start" if math.sin(middle) > 0.2 else "end" if math.sin(middle) < -0.2 else "middle"
        drawn.append(_label(x, y, f"{segment['label']} {share:.0%}", anchor))
        turned += share
    return drawn


def _on_circle(turn: float) -> tuple[float, float]:
    angle = 2 * math.pi * turn
    return WIDTH / 2 + RADIUS * math.sin(angle), HEIGHT / 2 - RADIUS * math.cos(angle)


def _label(x: float, y: float, text: str, anchor: str) -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(x, y, anchor, text)


def _axis(low: float, high: float) -> tuple[float, float, float]:
    """The ends of the axis around the values, and the distance of its lines: round numbers."""
    span = (high - low) or abs(high) or 1.0
    power = 10 ** math.floor(math.log10(span / 4))
    unit = next(step * power for step in (1, 2, 2.5, 5, 10) if step * power * 5 >= span)
    low, high = math.floor(low / unit) * unit, math.ceil(high / unit) * unit
    return (low, high, unit) if high > low else (low, low + unit, unit)
