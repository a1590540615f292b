"""A dashboard: rows of panels below the variables that choose servers."""

from itertools import count

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    VariableHide,
    VariableOption,
    VariableRefresh,
    VariableSort,
)
from panel import DATA_SOURCE

TAG = "origami"
#: The schema of Grafana 10.4 and 11, which need not migrate it; the library's default is an older one.
SCHEMA = 39
RUNBOOK = "https://origami.example/operating/runbook.html"


class Dashboard:
    """The dashboard that a module of this folder describes by NAME, TITLE, ABOUT and rows()."""

    def __init__(self, module):
        self.module = module

    def json(self):
        """Its file."""
        module = self.module
        dashboard = (
            builders.Dashboard(f"Origami / {module.TITLE}")
            .uid(f"origami-{module.NAME}")
            .description(module.ABOUT)
            .tags([TAG])
            .readonly()
            .tooltip(DashboardCursorSync.CROSSHAIR)
            .refresh("30s")
            .time("now-1h", "now")
            .timezone("browser")
            .link(other_dashboards())
        )
        for variable in variables():
            dashboard = dashboard.with_variable(variable)
        ids = count(1)
        for heading, panels in module.rows():
            dashboard = dashboard.with_row(builders.Row(heading).id(next(ids)))
            for panel in panels:
                dashboard = dashboard.with_panel(panel.id(next(ids)))
        built = dashboard.build()
        built.schema_version = SCHEMA
        return JSONEncoder(sort_keys=True, indent=2).encode(built) + "\n"


def other_dashboards():
    """The menu of the other dashboards, which keep time and servers."""
    return (
        builders.DashboardLink("Origami")
        .type(DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(True)
        .include_vars(True)
        .keep_time(True)
    )


def variables():
    """Where the data are, which servers are shown, and where the runbook is."""
    everything = VariableOption(selected=True, text="All", value="$__all")
    yield builders.DatasourceVariable("datasource").label("Data source").type("prometheus")
    for name, query in (
        ("job", "label_values(origami_build_info, job)"),
        ("instance", 'label_values(origami_build_info{job=~"$job"}, instance)'),
    ):
        yield (
            builders.QueryVariable(name)
            .label(name.capitalize())
            .query(query)
            .datasource(DATA_SOURCE)
            .current(everything)
            .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
            .sort(VariableSort.ALPHABETICAL_ASC)
            .multi(True)
            .include_all(True)
            .all_value(".+")
        )
    runbook = builders.ConstantVariable("runbook").value(RUNBOOK)
    # The library has no method for it.
    runbook.build().hide = VariableHide.HIDE_VARIABLE
    yield runbook
