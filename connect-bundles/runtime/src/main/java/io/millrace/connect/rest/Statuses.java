package io.millrace.connect.rest;

import io.millrace.connect.herder.ConnectorStatus;
import io.millrace.connect.herder.Herder;
import io.millrace.connect.herder.Readiness;
import io.millrace.connect.herder.RunState;
import io.millrace.connect.herder.TaskStatus;
import io.millrace.connect.task.LastErrors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What connectors and tasks are and do, as JSON. */
final class Statuses {

    private final Herder herder;

    Statuses(Herder herder) {
        this.herder = herder;
    }

    Map<String, Object> info(String name) {
        return info(herder.status(name));
    }

    Map<String, Object> info(ConnectorStatus status) {
        return Json.object("name", status.name(), "config", herder.config(status.name()),
                "tasks", herder.taskSettings(status.name()).keySet().stream().map(task -> Json.object("connector", task.connector(), "task", task.task())).toList(),
                "type", status.type());
    }

    Map<String, Object> of(ConnectorStatus status) {
        Map<String, Object> connector = Json.object("state", status.state().name(), "worker_id", herder.node().workerId(), "version", status.version());
        if (!status.trace().isEmpty()) {
            connector.put("trace", status.trace());
        }
        return Json.object("name", status.name(), "connector", connector, "tasks", status.tasks().stream().map(this::of).toList(), "type", status.type());
    }

    Map<String, Object> of(TaskStatus task) {
        Map<String, Object> json = Json.object("id", task.id(), "state", task.state().name(), "worker_id", herder.node().workerId(),
                "version", task.version());
        if (!task.trace().isEmpty()) {
            json.put("trace", task.trace());
        }
        return json;
    }

    /** Whether the connector and each of its tasks does its work, and if not, why. */
    Map<String, Object> readiness(ConnectorStatus status) {
        List<Object> tasks = new ArrayList<>();
        for (TaskStatus task : status.tasks()) {
            tasks.add(readiness(Json.object("id", task.id()), task.state(), task.readiness()));
        }
        Map<String, Object> json = readiness(Json.object("name", status.name()), status.state(), status.readiness());
        json.put("tasks", tasks);
        return json;
    }

    private static Map<String, Object> readiness(Map<String, Object> json, RunState state, Readiness readiness) {
        json.put("state", state.name());
        json.put("ready", readiness.ready());
        json.put("reason", readiness.ready() ? null : readiness.reason());
        return json;
    }

    /** The last errors of every task, the latest last, with where the record is that each is about. */
    Map<String, Object> errors(String name) {
        List<Object> tasks = new ArrayList<>();
        herder.lastErrors(name).forEach((task, errors) -> tasks.add(Json.object("id", task, "errors", errors.stream().map(Statuses::error).toList())));
        return Json.object("name", name, "tasks", tasks);
    }

    private static Map<String, Object> error(LastErrors.Entry error) {
        return Json.object("time_ms", error.timeMs(), "fate", error.fate().name(), "stage", error.stage().isEmpty() ? null : error.stage(),
                "class", error.className().isEmpty() ? null : error.className(), "exception", error.exception(), "message", error.message(),
                "record", error.record().isEmpty() ? null : new TreeMap<>(error.record()));
    }

    /** Counters since the connector was made known to this process; rates are for the reader to take between two calls. */
    Map<String, Object> metrics(String name) {
        ConnectorStatus status = herder.status(name);
        List<Object> tasks = new ArrayList<>();
        long records = 0;
        long bytes = 0;
        long lag = -1;
        for (TaskStatus task : status.tasks()) {
            var counters = task.counters();
            records += counters.records();
            bytes += counters.bytes();
            lag = counters.lag() < 0 ? lag : Math.max(0, lag) + counters.lag();
            tasks.add(Json.object("id", task.id(), "state", task.state().name(), "records", counters.records(), "bytes", counters.bytes(),
                    "batches", counters.batches(), "commits", counters.commits(), "skipped", counters.skipped(), "errors", counters.errors(),
                    "restarts", task.restarts(), "restart_at_ms", task.restartAtMs() == 0 ? null : task.restartAtMs(),
                    "last_commit_ms", counters.lastCommitMs() == 0 ? null : counters.lastCommitMs(),
                    "lag", counters.lag() < 0 ? null : counters.lag(), "last_error", counters.lastError().isEmpty() ? null : counters.lastError()));
        }
        return Json.object("name", name, "type", status.type(), "state", status.state().name(), "now_ms", System.currentTimeMillis(),
                "records", records, "bytes", bytes, "lag", lag < 0 ? null : lag, "tasks", tasks);
    }
}
