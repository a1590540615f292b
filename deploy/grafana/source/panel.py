"""Kinds of panels, with the looks that all dashboards share.

In expressions, `{S` stands for the chosen servers and `{J` for their jobs, as in
`origami_packs{S}` or `origami_requests{S,status="200"}`.
"""

from grafana_foundation_sdk.builders import bargauge, common, dashboard, heatmap, prometheus, stat, table, timeseries
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

DATA_SOURCE = models.DataSourceRef(type_val="prometheus", uid="${datasource}")
SECONDS, BYTES, SHARE, COUNT, PER_SECOND = "s", "bytes", "percentunit", "short", "ops"
REQUESTS, BYTES_PER_SECOND = "reqps", "Bps"


def expression(text):
    """An expression with the chosen servers or jobs put in."""
    return text.replace("{S", '{job=~"$job",instance=~"$instance"').replace("{J", '{job=~"$job"')


def query(text, legend, number=0):
    """The query of this number of its panel."""
    name = chr(ord("A") + number)
    return prometheus.Dataquery().expr(expression(text)).legend_format(legend).ref_id(name).range()


def newest(text, legend, number=0):
    """The same for the newest value alone."""
    return query(text, legend, number).instant()


def steps(*values):
    """Colours from green on: from the first value on orange, from the second red."""
    colours = [(None, "green"), *zip(values, ("orange", "red"))]
    thresholds = [models.Threshold(value=value, color=colour) for value, colour in colours]
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(thresholds)


def finished(panel, title, about, unit, alert):
    """What all kinds have: texts, unit, data source, and the way to the runbook."""
    panel = panel.title(title).description(about).unit(unit).datasource(DATA_SOURCE)
    if alert:
        link = dashboard.DashboardLink(f"Runbook: {alert}").type(models.DashboardLinkType.LINK)
        panel = panel.links([link.url(f"${{runbook}}#{alert.lower()}").target_blank(True)])
    return panel


def graph(title, unit, queries, about, *, alert=None, limits=(), stacked=False, most=None, width=8):
    """Lines over time. `queries` maps a legend to an expression; `limits` are drawn as lines."""
    panel = (
        timeseries.Panel()
        .line_width(1)
        .fill_opacity(30 if stacked else 8)
        .show_points(looks.VisibilityMode.NEVER)
        .min(0)
        .legend(
            common.VizLegendOptions()
            .display_mode(looks.LegendDisplayMode.LIST)
            .placement(looks.LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        .tooltip(common.VizTooltipOptions().mode(looks.TooltipDisplayMode.MULTI).sort(looks.SortOrder.DESCENDING))
        .height(8)
        .span(width)
    )
    if stacked:
        panel = panel.stacking(common.StackingConfig().mode(looks.StackingMode.NORMAL))
    if most:
        panel = panel.max(most)
    if limits:
        panel = panel.thresholds(steps(*limits)).thresholds_style(
            common.GraphThresholdsStyleConfig().mode(looks.GraphThresholdsStyleMode.DASHED)
        )
    for order, (legend, text) in enumerate(queries.items()):
        panel = panel.with_target(query(text, legend, order))
    return finished(panel, title, about, unit, alert)


def number(title, unit, text, about, *, alert=None, limits=(), decimals=None):
    """One number now, with what it was over time behind it."""
    panel = (
        stat.Panel()
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .color_mode(looks.BigValueColorMode.VALUE)
        .graph_mode(looks.BigValueGraphMode.AREA)
        .thresholds(steps(*limits))
        .with_target(query(text, ""))
        .height(4)
        .span(4)
    )
    if decimals is not None:
        panel = panel.decimals(decimals)
    return finished(panel, title, about, unit, alert)


def bars(title, unit, text, legend, about, *, alert=None, limits=(), most=None, width=8):
    """A bar for each series, of its newest value."""
    panel = (
        bargauge.Panel()
        .orientation(looks.VizOrientation.HORIZONTAL)
        .display_mode(looks.BarGaugeDisplayMode.BASIC)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .thresholds(steps(*limits))
        .min(0)
        .with_target(newest(text, legend))
        .height(8)
        .span(width)
    )
    if most:
        panel = panel.max(most)
    return finished(panel, title, about, unit, alert)


def heat(title, unit, text, about, *, alert=None, width=8):
    """The buckets of a histogram over time."""
    target = query(text, "{{le}}").format(PromQueryFormat.HEATMAP)
    panel = (
        heatmap.Panel()
        .calculate(False)
        .y_axis(heatmap.YAxisConfig().unit(unit))
        .with_target(target)
        .height(8)
        .span(width)
    )
    return finished(panel, title, about, unit, alert)


def newest_table(title, columns, about, *, key, alert=None, width=24, height=8):
    """A table of newest values. `columns` maps a heading to an expression and a unit. A row has the
    values whose labels `key` are the same; other labels, names of metrics among them, would make it
    several rows."""
    panel = table.Panel().height(height).span(width)
    for order, (heading, (text, unit)) in enumerate(columns.items()):
        value = f"max by ({', '.join(key)}) ({text})"
        panel = panel.with_target(newest(value, "", order).format(PromQueryFormat.TABLE))
        panel = panel.override_by_name(heading, [models.DynamicConfigValue(id_val="unit", value=unit)])
    names = {f"Value #{chr(ord('A') + order)}": heading for order, heading in enumerate(columns)}
    if len(columns) == 1:
        names = {"Value": next(iter(columns))}
    panel = panel.with_transformation(models.DataTransformerConfig(id_val="merge", options={}))
    panel = panel.with_transformation(
        models.DataTransformerConfig(
            id_val="organize",
            options={
                "excludeByName": {"Time": True},
                "indexByName": {name: index for index, name in enumerate([*key, *names])},
                "renameByName": names,
            },
        )
    )
    return finished(panel, title, about, "none", alert)
