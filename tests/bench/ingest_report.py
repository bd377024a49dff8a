"""What the ingest benchmark found, for people."""

TARGETS = ("winnow", "before", "alertmanager", "nginx")


def number(value):
    return f"{value:,.0f}"


def milliseconds(value):
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def ratio(value):
    return f"{value:.2f}x"


def table(rows, colours):
    """Columns as wide as they need: the first three are words, the rest figures."""
    heads = ["batch", "connections", "server", "alerts/s", "requests/s", "p50 ms", "p99 ms", "to Alertmanager",
             "to nginx", "to before", "triage lag s", "settled/s", "to before"]
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]

    def line(cells):
        return "  ".join(cell.ljust(width) if column == 2 else cell.rjust(width)
                         for column, (cell, width) in enumerate(zip(cells, widths))).rstrip()

    lines = [line(heads), line(["-" * width for width in widths])]
    for row in rows:
        text = line(row)
        lines.append(f"\033[1m{text}\033[0m" if colours and row[2] == "winnow" else text)
    return "\n".join(lines)


def rows_of(cells):
    for cell in cells:
        for target in TARGETS:
            found = cell.get(target)
            if found is None:  # an older build is measured where one is given
                continue
            yield [
                str(cell["batch"]), str(cell["connections"]), target, number(found["alerts_per_second"]),
                number(found["requests_per_second"]), milliseconds(found["p50_ms"]), milliseconds(found["p99_ms"]),
                "" if target == "alertmanager" else ratio(found["to_alertmanager"]),
                "" if target == "nginx" else ratio(found["to_nginx"]),
                ratio(found["to_before"]) if target == "winnow" and "before" in cell else "",
                f"{found['triage_lag_seconds']:.2f}" if target in ("winnow", "before") else "",
                number(found["settled_alerts_per_second"]) if target in ("winnow", "before") else "",
                ratio(found["settled_to_before"]) if target == "winnow" and "before" in cell else "",
            ]


def render(report, colours):
    run, latency, server = report["run"], report["latency"], report["server"]
    accepted, sent = latency["accepted_to_webhook_ms"], latency["sent_to_webhook_ms"]
    return "\n".join([
        f"Durable ingestion over TLS keep-alive: {run['cores']} cores for servers, PostgreSQL and load generator; "
        f"{run['distinct_alerts']:,} distinct alerts",
        f"of {run['alert_bytes']['winnow']} bytes (Alertmanager: {run['alert_bytes']['alertmanager']}); "
        f"medians of {run['rounds']} interleaved rounds of {run['seconds']} s; every request was answered with success.",
        "",
        table(list(rows_of(report["cells"])), colours),
        "",
        "triage lag: seconds after the last request until all accepted alerts were applied to tickets",
        "settled/s: alerts by the time until then: what it can go on with, however much it would let wait",
        f"alert to webhook, idle, {latency['alerts']} alerts: p50 {accepted['p50']:.1f} ms, p99 {accepted['p99']:.1f} "
        f"ms after the 202 (p50 {sent['p50']:.1f} ms, p99 {sent['p99']:.1f} ms after sending)",
        f"winnow: ready in {server['start_seconds']:.1f} s on a warm state folder, {server['idle_mib']:.0f} MiB idle, "
        f"{server['loaded_mib']:.0f} MiB after the load (without PostgreSQL)",
    ])
