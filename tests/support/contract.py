"""The JSON documents of doc/scripting.md as JSON Schemas.

`data` may hold more than is listed here, never less.
"""

from __future__ import annotations

from typing import Any

COUNT = {"type": "integer", "minimum": 0}
TEXT = {"type": "string", "minLength": 1}
AMOUNT = {"type": ["number", "null"], "minimum": 0}
RATE = {"type": ["number", "null"], "minimum": 0, "maximum": 1}


def record(**properties: Any) -> dict[str, Any]:
    """An object with at least these properties."""
    return {"type": "object", "required": list(properties), "properties": properties}


def several(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


def optional(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


FINDING = {
    "type": "object",
    "required": ["code", "severity", "path", "message", "fix"],
    "additionalProperties": False,
    "properties": {
        "code": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
        "severity": {"enum": ["info", "warning", "critical"]},
        "path": {"type": ["string", "null"]},
        "message": TEXT,
        "fix": {"type": ["string", "null"]},
    },
}

MODEL = record(name={"type": "string"}, total_tests=COUNT)
MODEL_WITH_RATE = record(name={"type": "string"}, total_tests=COUNT, success_rate=RATE)

LEVELS = record(leaf=COUNT, model=optional(COUNT), summary=optional(COUNT))
OUTCOMES = record(success=optional(COUNT), partial=optional(COUNT), failed=optional(COUNT))

CHANGE = record(
    id=TEXT,
    command=TEXT,
    time=TEXT,
    undone_by=optional(TEXT),
    notes={"type": "object"},
)

ERROR_CLASSES = record(
    rate_limit=COUNT,
    auth=COUNT,
    timeout=COUNT,
    network=COUNT,
    format=COUNT,
    crash=COUNT,
    disk=COUNT,
    other=COUNT,
)
NUMBER = {"type": ["number", "null"]}
STALL_SHARES = record(avg10=NUMBER, avg60=NUMBER, avg300=NUMBER)
PRESSURE = record(some=STALL_SHARES, full=STALL_SHARES)
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
RUN_STATUS = {
    "enum": ["running", "ok", "findings", "failed", "timeout", "crashed", "interrupted"]
}
JOB_STATE = {
    "enum": ["waiting", "running", "failing", "paused", "disabled", "unavailable"]
}
JOB = record(
    name=TEXT,
    schedule=TEXT,
    timezone=optional(TEXT),
    command=TEXT,
    last=optional(TIME),
    last_status=optional(RUN_STATUS),
    last_run=optional(COUNT),
    failures=COUNT,
    next=optional(TIME),
    state=JOB_STATE,
)
RUN = record(
    id=COUNT,
    job=TEXT,
    trigger={"enum": ["schedule", "made_up", "retry", "reboot", "manual"]},
    planned=optional(TIME),
    attempt=COUNT,
    started=TIME,
    ended=optional(TIME),
    status=RUN_STATUS,
    exit_code=optional({"type": "integer"}),
)
RUN_WITH_OUTPUT = {
    "allOf": [
        RUN,
        record(output={"type": "string"}, reports=several({"type": "object"})),
    ]
}

CHECK_STATE = {"enum": ["ok", "warning", "unknown", "critical"]}
NOTIFY = record(
    dry_run={"type": "boolean"},
    kind=optional({"enum": ["health", "alert"]}),
    state=optional(CHECK_STATE),
    subject=optional(TEXT),
    text=optional(TEXT),
    alerts=several(
        record(
            check=TEXT,
            kind={"enum": ["worse", "better", "recovered", "reminder"]},
            before=CHECK_STATE,
            status=CHECK_STATE,
            since=TIME,
            message=TEXT,
        )
    ),
    events=COUNT,
    queued=COUNT,
    sent=COUNT,
    waiting=COUNT,
    given_up=COUNT,
    busy={"type": "boolean"},
    channels=several(
        record(
            channel=TEXT,
            target=optional(TEXT),
            sent=COUNT,
            waiting=COUNT,
            given_up=COUNT,
            error=optional(TEXT),
        )
    ),
)

STATE = {"enum": ["good", "suspect", "bad"]}
BACKUP = record(
    id=TEXT,
    state=STATE,
    reasons=several(TEXT),
    foreign={"type": "boolean"},
    bytes=COUNT,
    created_at=optional(TEXT),
    files=optional(COUNT),
    total_tests=optional(COUNT),
    counts=optional({"type": "object"}),
    verified_at=optional(TEXT),
)

LOG_UPKEEP = record(
    removed=COUNT,
    kept=COUNT,
    open=COUNT,
    bytes_freed=COUNT,
    dry_run={"type": "boolean"},
    undo=several(TEXT),
    files=several(record(path=TEXT, bytes_before=COUNT, bytes_after=COUNT)),
)

REPORT_COUNT = record(
    total_tests=COUNT,
    known=COUNT,
    successes=COUNT,
    success_rate=RATE,
    interval=optional({"type": "array", "items": RATE, "minItems": 2, "maxItems": 2}),
    infrastructure=optional(COUNT),
    success_rate_without=RATE,
)
REPORT_TEST = optional(
    record(
        method={"enum": ["z", "fisher"]},
        p={"type": "number", "minimum": 0, "maximum": 1},
        p_adjusted={"type": "number", "minimum": 0, "maximum": 1},
    )
)
REPORT_FIT = optional(record(slope={"type": "number"}, r_squared={"type": "number"}))
NUMBER = {"type": ["number", "null"]}
REPORT_STATUS = {"enum": ["ok", "warning", "critical", "unknown"]}
REPORT = record(
    span={"enum": ["daily", "weekly"]},
    made=TEXT,
    since=TEXT,
    until=TEXT,
    before_since=TEXT,
    file=optional(TEXT),
    format=optional({"enum": ["html", "md", "json", "text"]}),
    bytes=optional(COUNT),
    dry_run={"type": "boolean"},
    source=optional({"enum": ["results", "master"]}),
    newest=optional(TEXT),
    all=REPORT_COUNT,
    tables=several(
        record(
            column=TEXT,
            lines=several(record(value=optional({"type": "string"}), count=REPORT_COUNT)),
            query=TEXT,
        )
    ),
    changes=record(
        unknown=optional(TEXT),
        correction={"const": "holm"},
        level={"const": 0.05},
        comparisons=COUNT,
        before=REPORT_COUNT,
        now=REPORT_COUNT,
        lines=several(
            record(
                column=TEXT,
                value=optional({"type": "string"}),
                before=REPORT_COUNT,
                now=REPORT_COUNT,
                test=REPORT_TEST,
                test_without=REPORT_TEST,
                verdict={
                    "enum": [
                        "drop",
                        "drop_infrastructure",
                        "rise",
                        "no_change",
                        "not_compared",
                    ]
                },
            )
        ),
        queries=several(TEXT),
        failures_query=optional(TEXT),
    ),
    failures=record(
        unknown=optional(TEXT),
        timeouts_only={"type": "boolean"},
        explained=COUNT,
        classes=ERROR_CLASSES,
        infrastructure_classes=several(TEXT),
        reasons=several(record(**{"class": TEXT}, text=TEXT, tests=COUNT)),
        other_reasons=COUNT,
        query=optional(TEXT),
    ),
    coverage=record(
        names=several(TEXT),
        rows=several({"type": "string"}),
        columns=several({"type": "string"}),
        tested=COUNT,
        wanted=COUNT,
        cells=several(several(record(tested=COUNT, wanted=COUNT, total_tests=COUNT))),
        gaps=several(record(row=COUNT, column=COUNT, settings=several(TEXT))),
        query=optional(TEXT),
    ),
    errors=optional(
        record(
            files=COUNT,
            error_lines=COUNT,
            errors=COUNT,
            causes=several(
                record(
                    **{"class": TEXT},
                    pattern=TEXT,
                    count=COUNT,
                    in_period=COUNT,
                    first=optional(TEXT),
                    last=optional(TEXT),
                )
            ),
        )
    ),
    health=optional(
        record(
            status=REPORT_STATUS,
            checks=several(
                record(name=TEXT, status=REPORT_STATUS, message=TEXT, fix=optional(TEXT))
            ),
        )
    ),
    backups=several(
        record(
            id=TEXT,
            foreign={"type": "boolean"},
            state={"enum": ["good", "suspect", "bad"]},
            age_seconds=optional(COUNT),
            bytes=COUNT,
            total_tests=optional(COUNT),
        )
    ),
    jobs=several(
        record(
            name=TEXT,
            schedule=TEXT,
            enabled={"type": "boolean"},
            last=optional(TEXT),
            status=optional(TEXT),
            failures=COUNT,
        )
    ),
    growth=record(
        source=optional({"enum": ["results", "backups"]}),
        days=several(record(day=TEXT, total_tests=COUNT, known=COUNT, successes=COUNT)),
        query=optional(TEXT),
        tests_per_day=NUMBER,
        tests_fit=REPORT_FIT,
        tests_unknown=optional(TEXT),
        results_bytes=COUNT,
        free_bytes=optional(COUNT),
        bytes_per_day=NUMBER,
        bytes_fit=REPORT_FIT,
        samples=COUNT,
        sampled_days={"type": "number"},
        days_to_full=NUMBER,
        bytes_unknown=optional(TEXT),
    ),
)

DATA: dict[str, dict[str, Any]] = {
    "backup create": record(
        id=optional(TEXT),
        state=optional(STATE),
        reasons=several(TEXT),
        files=COUNT,
        bytes=COUNT,
        live_bytes=COUNT,
        shared_bytes=COUNT,
        total_tests=COUNT,
        counts={"type": "object"},
        undo=optional(TEXT),
    ),
    "backup list": record(backups=several(BACKUP)),
    "backup adopt": record(
        adopted=COUNT,
        duplicates=COUNT,
        unusable=COUNT,
        trashed=COUNT,
        trashed_bytes=COUNT,
        copies=several(
            record(
                path=TEXT,
                outcome={"enum": ["adopted", "duplicate", "unusable"]},
                backup=optional(TEXT),
                bytes=COUNT,
                trashed={"type": "boolean"},
            )
        ),
        undo=optional(TEXT),
    ),
    "backup verify": record(
        backups=several(
            record(
                id=TEXT,
                intact={"type": ["boolean", "null"]},
                bytes=COUNT,
                problems=several(TEXT),
            )
        ),
        verified=COUNT,
        damaged=COUNT,
        bytes=COUNT,
    ),
    **{
        f"backup offsite {action}": record(
            repository=TEXT,
            id=optional(TEXT),
            snapshot=optional(TEXT),
            bytes=COUNT,
            bytes_added=COUNT,
            removed=COUNT,
            to=optional(TEXT),
            snapshots=several(
                record(id={"type": "string"}, snapshot=TEXT, host=TEXT, time=TEXT)
            ),
        )
        for action in ("init", "push", "list", "check", "forget", "restore")
    },
    "backup prune": record(
        removed=COUNT,
        kept=COUNT,
        bytes=COUNT,
        backups=several(
            record(id=TEXT, state=STATE, keep={"type": "boolean"}, why=TEXT)
        ),
        undo=optional(TEXT),
    ),
    "backup restore": record(
        id=TEXT,
        state=STATE,
        to=optional(TEXT),
        partial={"type": "boolean"},
        files=several(
            record(
                path=TEXT,
                action={
                    "enum": ["same", "create", "replace", "beside", "merge", "kept"]
                },
                bytes=COUNT,
            )
        ),
        bytes=COUNT,
        total_tests=optional(COUNT),
        tests_before=optional(COUNT),
        tests_after=optional(COUNT),
        rows_before=optional(COUNT),
        rows_after=optional(COUNT),
        cells_restored=COUNT,
        tests_restored=COUNT,
        rows_restored=COUNT,
        undo=optional(TEXT),
    ),
    "status": record(
        results=optional(
            record(
                shape={"enum": ["records", "summary"]},
                rows=COUNT,
                total_tests=COUNT,
                success_rate=RATE,
                models=several(MODEL_WITH_RATE),
            )
        ),
        master=optional(record(total_tests=COUNT, models=several(MODEL))),
        increments=optional(record(files=COUNT, rows=COUNT, bytes=COUNT)),
    ),
    "breakdown": record(
        source={"enum": ["results", "master", None]},
        total_tests=COUNT,
        success_rate=RATE,
        dimensions=several(
            record(
                column=TEXT,
                parts=several(
                    record(
                        value={"type": ["string", "null"]},
                        total_tests=COUNT,
                        success_rate=RATE,
                    )
                ),
            )
        ),
        matrices=several(
            record(
                rows=TEXT,
                columns=TEXT,
                cells=several(
                    record(row=COUNT, column=COUNT, total_tests=COUNT, success_rate=RATE)
                ),
            )
        ),
        timeline=record(
            slot_seconds=COUNT,
            slots=several(record(start=TEXT, total_tests=COUNT, success_rate=RATE)),
        ),
    ),
    "pace": record(
        source={"enum": ["rows", "samples", None]},
        start=TIME,
        minutes=COUNT,
        tests=COUNT,
        per_minute_10=AMOUNT,
        per_minute_60=AMOUNT,
        all=several({"type": "number", "minimum": 0}),
        models=several(
            record(name=optional(TEXT), tests=COUNT, success_rate=RATE, minutes=several(COUNT))
        ),
    ),
    "consolidate": record(
        files_merged=COUNT,
        files_skipped=COUNT,
        files_quarantined=COUNT,
        rows_before=COUNT,
        rows_added=COUNT,
        rows_replaced=COUNT,
        rows_after=COUNT,
    ),
    "ingest": record(
        rows=COUNT,
        bad_rows=COUNT,
        file=optional(TEXT),
        repeated={"type": "boolean"},
        problems=several(record(line=COUNT, column=optional(TEXT), reason=TEXT)),
    ),
    "dedupe": record(
        rows_before=COUNT, rows_after=COUNT, removed=COUNT, conflicting=COUNT
    ),
    "migrate": record(
        cells=COUNT, rows=COUNT, total_tests=COUNT, verified={"type": "boolean"}
    ),
    "diagnose": record(
        levels=optional(LEVELS),
        outcomes=optional(record(leaf=OUTCOMES, model=OUTCOMES, summary=OUTCOMES)),
        vote=optional(
            record(
                winner={"enum": ["leaf", "none"]},
                agreeing=several({"enum": ["leaf", "model", "summary"]}),
                evidence=TEXT,
            )
        ),
        version=optional(TEXT),
        damage=optional(
            record(file=TEXT, bytes=COUNT, offset=COUNT, line=COUNT, column=COUNT, pointer={"type": "string"})
        ),
        cells=optional(
            record(
                equal=COUNT,
                different=COUNT,
                only_master=COUNT,
                only_results=COUNT,
                differences=several(
                    record(cell=TEXT, master=optional(COUNT), results=optional(COUNT))
                ),
            )
        ),
        copies=several(
            record(
                file=TEXT,
                kind={"enum": ["backup", "by_hand"]},
                good={"type": "boolean"},
                problem=optional(TEXT),
                total_tests=COUNT,
                last_updated=optional(TEXT),
            )
        ),
        counts={"type": "object", "additionalProperties": COUNT},
        deep={"type": "boolean"},
        files_decoded=COUNT,
        rows_decoded=COUNT,
    ),
    "repair": record(
        changes=several(
            record(
                code=TEXT,
                pointer={"type": "string", "pattern": "^/"},
                before={},
                after={},
                rule={
                    "enum": [
                        "sum_of_cells",
                        "share_of_counts",
                        "rest_of_counts",
                        "counts_by_rates",
                        "models_of_cells",
                        "version_by_structure",
                        "taken_over",
                        "brought_back",
                    ]
                },
                evidence=TEXT,
                origin=optional(
                    record(kind={"enum": ["parquet", "backup", "by_hand", "guard"]}, file=TEXT)
                ),
            )
        ),
        recovered=several(
            record(
                code=TEXT,
                file=TEXT,
                sibling=TEXT,
                rows=COUNT,
                row_groups=COUNT,
                bytes=COUNT,
                bytes_used=COUNT,
                columns_cut=COUNT,
            )
        ),
        base={"enum": ["whole", "prefix", "new"]},
        prefix_bytes=COUNT,
        tests_before=COUNT,
        tests_after=COUNT,
        origins={"type": "object", "additionalProperties": COUNT},
        applied={"type": "boolean"},
        plan=optional(TEXT),
        undo=optional(TEXT),
        levels=optional(LEVELS),
    ),
    "export": record(rows=COUNT, file=TEXT, bytes=COUNT),
    "query": record(
        columns=several(record(name={"type": "string"}, type=TEXT)),
        rows=several({"type": "array"}),
    ),
    "check": record(
        level={"enum": ["quick", "full", "deep"]},
        checks=several(
            record(
                name=TEXT,
                status={"enum": ["ok", "warning", "critical", "unknown"]},
                message=TEXT,
                value={"type": ["number", "null"]},
                threshold=optional(
                    record(
                        warning={"type": ["number", "null"]},
                        critical={"type": ["number", "null"]},
                        unit=optional(TEXT),
                    )
                ),
                last_good=optional(TEXT),
                fix=optional(TEXT),
                details={"type": "object"},
            )
        ),
        remembered={"type": "boolean"},
    ),
    "logs errors": record(
        files=COUNT,
        bytes=COUNT,
        bytes_read=COUNT,
        error_lines=COUNT,
        errors=COUNT,
        classes=ERROR_CLASSES,
        causes=several(
            record(
                **{"class": {"enum": ERROR_CLASSES["required"]}},
                pattern=TEXT,
                count=COUNT,
                first=optional(TEXT),
                last=optional(TEXT),
                example=TEXT,
                model=optional(TEXT),
                file=TEXT,
                files=COUNT,
                recent=COUNT,
                new={"type": "boolean"},
                spike=optional(record(hour=TEXT, count=COUNT, usual={"type": "number"})),
            )
        ),
        total=record(error_lines=COUNT, classes=ERROR_CLASSES),
        remembered={"type": "boolean"},
    ),
    "clean": record(
        removed=COUNT,
        kept=COUNT,
        bytes_freed=COUNT,
        dry_run={"type": "boolean"},
        undo=optional(TEXT),
        items=several(
            record(
                kind={
                    "enum": ["change", "temporary", "increment", "quarantine", "unknown"]
                },
                fate={"enum": ["goes", "gone", "stays"]},
                path=TEXT,
                bytes=COUNT,
                age_seconds=COUNT,
                why=TEXT,
            )
        ),
    ),
    "logs compress": LOG_UPKEEP,
    "logs prune": LOG_UPKEEP,
    "recover": record(
        stopped=several(
            record(
                pid=COUNT,
                name=TEXT,
                script={"type": "string"},
                outcome={"enum": ["planned", "gone", "ended", "killed"]},
            )
        ),
        saved_to=optional(TEXT),
        restored_from=TEXT,
        created_at=TEXT,
        replayed_files=COUNT,
        replayed_rows=COUNT,
        before={"type": "object"},
        after={"type": "object"},
        lost=record(master_tests=optional(COUNT), rows=optional(COUNT), seconds=COUNT),
        drill={"type": "boolean"},
        dry_run={"type": "boolean"},
        undo=optional(TEXT),
    ),
    "undo list": record(changes=several(CHANGE)),
    "undo show": record(change=CHANGE, plan=several(TEXT)),
    "undo": record(undone=TEXT, undo=TEXT),
    "serve": {"type": "object"},  # The page's address, or its token.
    "metrics": record(
        collectors=several(record(name=TEXT, up={"type": "boolean"})),
        samples=COUNT,
        file=optional(TEXT),
    ),
    "report daily": REPORT,
    "report weekly": REPORT,
    "report list": record(
        folder=TEXT,
        reports=several(
            record(
                name=TEXT,
                span={"enum": ["daily", "weekly"]},
                made=TEXT,
                bytes=COUNT,
            )
        ),
    ),
    "monitor": record(
        time=TIME,
        store=TEXT,
        source={"enum": ["results", "master", None]},
        total_tests=optional(COUNT),
        success_rate=RATE,
        increments=record(
            files=optional(COUNT), rows=optional(COUNT), oldest_age_seconds=optional(COUNT)
        ),
        processes=record(alive=optional(COUNT), stuck=optional(COUNT), dead=optional(COUNT)),
        pace=record(
            timed={"type": "boolean"},
            per_minute_10=AMOUNT,
            per_minute_60=AMOUNT,
            last_hour=several({"type": "number", "minimum": 0}),
        ),
        models=several(
            record(
                name=optional(TEXT),
                total_tests=COUNT,
                success_rate=RATE,
                per_minute_10=AMOUNT,
                per_minute_60=AMOUNT,
            )
        ),
        writers=several(
            record(
                pid=COUNT,
                name=TEXT,
                state={"enum": ["alive", "stuck", "dead"]},
                certain={"type": "boolean"},
                last_write=optional(TIME),
                cpu_seconds=AMOUNT,
                rss_bytes=optional(COUNT),
            )
        ),
        errors=several(
            record(
                **{"class": TEXT},
                pattern=TEXT,
                count=COUNT,
                recent=COUNT,
                last=optional(TEXT),
                new={"type": "boolean"},
            )
        ),
        jobs=several(
            record(
                name=TEXT,
                state=JOB_STATE,
                last=optional(TIME),
                last_status=optional(RUN_STATUS),
                next=optional(TIME),
                failures=COUNT,
            )
        ),
        daemon_runs={"type": ["boolean", "null"]},
        checks=several(
            record(
                name=TEXT,
                status={"enum": ["ok", "warning", "critical", "unknown"]},
                message=TEXT,
                fix=optional(TEXT),
            )
        ),
        backup=optional(
            record(id=TEXT, created_at=TIME, age_seconds=COUNT, total_tests=optional(COUNT))
        ),
        machine=optional(
            record(
                memory_bytes=COUNT,
                available_bytes=COUNT,
                load=AMOUNT,
                processors=COUNT,
                cpu_pressure=AMOUNT,
                memory_pressure=AMOUNT,
                io_pressure=AMOUNT,
            )
        ),
        disk=optional(
            record(
                total_bytes=COUNT, free_bytes=COUNT, used_percent=AMOUNT, hours_to_full=AMOUNT
            )
        ),
        parts=several(
            record(
                name=TEXT,
                up={"type": "boolean"},
                age_seconds=optional({"type": "integer"}),
                problem=optional(TEXT),
            )
        ),
    ),
    "schedule list": record(
        daemon=record(
            running={"type": "boolean"}, pid=optional(COUNT), since=optional(TIME)
        ),
        jobs=several(JOB),
    ),
    "schedule run": record(run=RUN_WITH_OUTPUT),
    "schedule history": record(runs=several(RUN)),
    "schedule pause": record(job=TEXT, paused={"const": True}),
    "schedule resume": record(job=TEXT, paused={"const": False}),
    "schedule install": record(
        kind={"enum": ["cron", "systemd", "service"]},
        text={"type": "string"},
        folder=optional(TEXT),
        files=several(TEXT),
        removed=several(TEXT),
        changed={"type": "boolean"},
    ),
    "schedule next": record(
        schedule=TEXT,
        timezone=optional(TEXT),
        times=several(record(utc=TIME, local=TEXT)),
    ),
    "notify health": NOTIFY,
    "notify alerts": NOTIFY,
    "notify flush": NOTIFY,
    "notify test": record(
        dry_run={"type": "boolean"},
        channels=several(
            record(
                channel=TEXT,
                recipient=optional(TEXT),
                target=optional(TEXT),
                ok=optional({"type": "boolean"}),
                reason=optional(TEXT),
                code=optional(COUNT),
                answer=optional(TEXT),
                millis={"type": "number"},
            )
        ),
    ),
    "notify queue": record(
        channels=several(
            record(
                channel=TEXT,
                target=optional(TEXT),
                usable={"type": "boolean"},
                waiting=COUNT,
                failures=COUNT,
                last_success=optional(TIME),
                last_failure=optional(TIME),
                last_error=optional(TEXT),
                blocked_until=optional(TIME),
            )
        ),
        waiting=several(
            record(
                id=TEXT,
                channel=TEXT,
                kind=optional(TEXT),
                recipient=optional(TEXT),
                title=optional(TEXT),
                created=TIME,
                attempts=COUNT,
                next_attempt=optional(TIME),
                last_error=optional(TEXT),
            )
        ),
        given_up=several(
            record(
                time=TIME,
                id=optional(TEXT),
                channel=optional(TEXT),
                kind=optional(TEXT),
                recipient=optional(TEXT),
                title=optional(TEXT),
                reason=optional(TEXT),
                error=optional(TEXT),
            )
        ),
    ),
    "observe init": record(
        folder=TEXT, written=several(TEXT), unchanged=several(TEXT)
    ),
    "tune": record(
        storage={"enum": ["parquet", "json"]},
        workers={"type": "integer", "minimum": 1},
        batch_size={"type": "integer", "minimum": 1},
        batch_size_guide={"type": "integer", "minimum": 1},
        batch_size_about=TEXT,
        limits=several(
            record(
                name={"enum": ["guide", "affinity", "cpu_quota", "memory", "api_rate"]},
                value=optional(COUNT),
                binds={"type": "boolean"},
                about=TEXT,
            )
        ),
        binding=TEXT,
        pace=record(
            increments=COUNT,
            seconds_per_test=NUMBER,
            tests_24h=COUNT,
            most_runners_24h=COUNT,
        ),
        rate_limits=record(
            refused_24h=COUNT, refused_share=RATE, retry_after_seconds=NUMBER
        ),
        memory=record(
            total_bytes=optional(COUNT),
            available_bytes=optional(COUNT),
            swap_free_bytes=optional(COUNT),
            free_percent=NUMBER,
            short={"type": "boolean"},
            groups=several(record(name=TEXT, limit_bytes=COUNT, available_bytes=COUNT)),
            runners=several(
                record(
                    pid=COUNT,
                    name=TEXT,
                    script=optional(TEXT),
                    pss_bytes=optional(COUNT),
                    growth_bytes_per_hour=NUMBER,
                )
            ),
            pss_bytes=COUNT,
            per_runner_bytes=optional(COUNT),
            per_runner_remembered={"type": "boolean"},
            growth_bytes_per_hour=NUMBER,
            hours_to_oom=NUMBER,
            pressure=record(
                memory=optional(PRESSURE), cpu=optional(PRESSURE), io=optional(PRESSURE)
            ),
            page_cache=record(
                bytes=COUNT,
                files=COUNT,
                unknown_files=COUNT,
                complete={"type": "boolean"},
                parts=several(record(name=TEXT, files=COUNT, bytes=COUNT)),
            ),
        ),
        release=optional(
            record(
                dry_run={"type": "boolean"},
                needed={"type": "boolean"},
                freed_bytes=COUNT,
                available_before_bytes=optional(COUNT),
                available_after_bytes=optional(COUNT),
                steps=several(
                    record(
                        name={"enum": ["page_cache", "control_group", "heap"]},
                        state={"enum": ["done", "planned", "nothing", "not_here"]},
                        before_bytes=COUNT,
                        after_bytes=COUNT,
                        freed_bytes=COUNT,
                    )
                ),
            )
        ),
    ),
    "menu": record(
        items=several(
            record(
                number=COUNT,
                name=TEXT,
                title=TEXT,
                state={"enum": ["ok", "warning", "critical", "unknown"]},
                badge=TEXT,
                age_seconds=optional(COUNT),
                commands=several(TEXT),
            )
        )
    ),
    "version": record(version=TEXT),
    "demo": {"type": "object"},
    "config show": {"type": "object"},
    "config check": {"type": "object"},
    "config init": {"type": "object"},
}


def schema(command: str, failed: bool) -> dict[str, Any]:
    """The whole document of one command; a failed one owes no data."""
    status = {"const": "failed"} if failed else {"enum": ["ok", "warning", "critical"]}
    if command == "check" and not failed:
        status = {"enum": ["ok", "warning", "critical", "unknown"]}
    findings = several(FINDING)
    if failed:
        findings = {**findings, "minItems": 1}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["schema", "command", "status", "data", "findings"],
        "additionalProperties": False,
        "properties": {
            "schema": {"const": 1},
            "command": {"const": command.split()[0] if command.startswith("undo") else command},
            "status": status,
            "data": {"type": "object"} if failed else DATA[command],
            "findings": findings,
        },
    }
