"""Which styles was the reader tuned on?"""

from . import machines, offices

STYLES = (
    machines.plc_logger,
    machines.trend_recorder,
    machines.panel_archive,
    machines.display_log,
    machines.mes_report,
    machines.dump_rare_marks,
    machines.spectrometer,
    machines.tensile_tester,
    machines.fast_signals,
    machines.lims,
    offices.excel_korea,
    offices.excel_germany,
    offices.excel_russia,
    offices.sql_shell,
    offices.psql_shell,
    offices.framed,
    offices.commented,
    offices.headerless,
    offices.stacked_headers,
    offices.paged,
    offices.single_quotes,
    offices.comma_dates,
    offices.escaped_quotes,
    offices.signed_sheet,
    offices.aligned,
    offices.one_blank,
)
