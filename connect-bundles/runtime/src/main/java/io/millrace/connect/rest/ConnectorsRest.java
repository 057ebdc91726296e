package io.millrace.connect.rest;

import io.millrace.api.http.HttpAnswer;
import io.millrace.api.http.HttpCall;
import io.millrace.api.http.HttpError;
import io.millrace.connect.config.ConnectorConfig;
import io.millrace.connect.herder.ConnectorStatus;
import io.millrace.connect.herder.Herder;
import io.millrace.connect.store.TargetState;
import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** {@code /connectors}: made, seen, changed, paused, stopped, restarted, deleted. */
final class ConnectorsRest {

    private static final String CONNECTOR = "/connectors/*";

    private final Herder herder;
    private final Statuses statuses;

    ConnectorsRest(Herder herder, Statuses statuses) {
        this.herder = herder;
        this.statuses = statuses;
    }

    void serve(Routes routes) {
        routes.on("GET", "/connectors", (call, _) -> Json.answer(200, list(call.query().get("expand"))));
        routes.taking("POST", "/connectors", (call, _) -> create(call));
        routes.on("GET", CONNECTOR, (_, path) -> Json.answer(200, statuses.info(path.getFirst())));
        routes.on("DELETE", CONNECTOR, (_, path) -> {
            herder.delete(path.getFirst());
            return HttpAnswer.empty(204);
        });
        routes.on("GET", CONNECTOR + "/config", (_, path) -> Json.answer(200, herder.config(path.getFirst())));
        routes.taking("PUT", CONNECTOR + "/config", (call, path) -> put(call, path.getFirst()));
        routes.taking("PATCH", CONNECTOR + "/config", (call, path) -> patch(call, path.getFirst()));
        routes.taking("PUT", CONNECTOR + "/config/diff", (call, path) -> diff(call, path.getFirst()));
        routes.on("GET", CONNECTOR + "/status", (_, path) -> Json.answer(200, statuses.of(herder.find(path.getFirst())
                .orElseThrow(() -> new HttpError(404, "No status found for connector " + path.getFirst())))));
        routes.on("GET", CONNECTOR + "/metrics", (_, path) -> Json.answer(200, statuses.metrics(path.getFirst())));
        routes.on("GET", CONNECTOR + "/errors", (_, path) -> Json.answer(200, statuses.errors(path.getFirst())));
        routes.on("GET", CONNECTOR + "/health", (_, path) -> health(herder.status(path.getFirst())));
        routes.on("POST", CONNECTOR + "/restart", (call, path) -> restart(call, path.getFirst()));
        routes.on("PUT", CONNECTOR + "/pause", (_, path) -> target(path.getFirst(), TargetState.PAUSED, 202));
        routes.on("PUT", CONNECTOR + "/resume", (_, path) -> target(path.getFirst(), TargetState.STARTED, 202));
        routes.on("PUT", CONNECTOR + "/stop", (_, path) -> target(path.getFirst(), TargetState.STOPPED, 204));
        routes.on("GET", CONNECTOR + "/topics", (_, path) -> Json.answer(200, Json.object(path.getFirst(),
                Json.object("topics", herder.find(path.getFirst()).isEmpty() ? Set.of() : herder.topics(path.getFirst())))));
        routes.on("PUT", CONNECTOR + "/topics/reset", (_, path) -> {
            if (herder.find(path.getFirst()).isPresent()) {
                herder.resetTopics(path.getFirst());
            }
            return HttpAnswer.empty(202);
        });
    }

    private Object list(List<String> expand) {
        if (expand == null) {
            return herder.names();
        }
        Map<String, Object> all = new LinkedHashMap<>();
        boolean status = expand.contains("status");
        boolean info = expand.contains("info");
        for (String name : herder.names()) {
            // It may have been deleted since its name was read.
            herder.find(name).ifPresent(found -> {
                Map<String, Object> one = new LinkedHashMap<>();
                if (status) {
                    one.put("status", statuses.of(found));
                }
                if (info) {
                    one.put("info", statuses.info(found));
                }
                all.put(name, one);
            });
        }
        return all;
    }

    private HttpAnswer create(HttpCall call) throws Exception {
        JsonNode body = Json.body(call.body(), Set.of("name", "config", "initial_state", "initial_offsets"));
        JsonNode name = body.path("name");
        if (!body.path("config").isObject() || name.isContainerNode()) {
            throw new HttpError(400, "the body must have the form {\"name\": \"...\", \"config\": {...}}");
        }
        JsonNode state = body.path("initial_state");
        TargetState initial = state.isNull() ? TargetState.STARTED : switch (state.asText("RUNNING").toUpperCase(Locale.ROOT)) {
            case "RUNNING" -> TargetState.STARTED;
            case "PAUSED" -> TargetState.PAUSED;
            case "STOPPED" -> TargetState.STOPPED;
            default -> throw new HttpError(400, "initial_state must be RUNNING, PAUSED or STOPPED, not " + state);
        };
        String wanted = name.isNull() || name.isMissingNode() ? "" : name.asText().strip();
        JsonNode offsets = body.path("initial_offsets");
        if (offsets.isNull() || offsets.isMissingNode()) {
            herder.put(wanted, Json.strings(body.get("config")), initial, false);
        } else if (Json.plain(offsets) instanceof List<?> list) {
            herder.putAt(wanted, Json.strings(body.get("config")), initial, list);
        } else {
            throw new HttpError(400, "initial_offsets must have the form [{\"partition\": {...}, \"offset\": {...}}]");
        }
        return located(call, wanted);
    }

    private HttpAnswer put(HttpCall call, String name) throws Exception {
        boolean made = herder.put(name, Json.strings(Json.body(call.body())), TargetState.STARTED, true);
        return made ? located(call, name) : Json.answer(200, statuses.info(name));
    }

    private HttpAnswer patch(HttpCall call, String name) throws Exception {
        if (!Routes.hasBody(call)) {
            herder.config(name);
        }
        herder.patch(name, Json.strings(Json.body(call.body())));
        return Json.answer(200, statuses.info(name));
    }

    private HttpAnswer diff(HttpCall call, String name) throws Exception {
        Map<String, String> now = herder.config(name);
        Map<String, String> then = Json.strings(Json.body(call.body()));
        then.putIfAbsent(ConnectorConfig.NAME, name);
        return Json.answer(200, herder.validated(then, checked -> ConfigDiff.of(name, now, then, checked)));
    }

    private HttpAnswer located(HttpCall call, String name) {
        HttpAnswer plain = Json.answer(201, statuses.info(name));
        Map<String, String> headers = new LinkedHashMap<>(plain.headers());
        String host = call.headers().containsKey("host") ? "http://" + call.headers().get("host") : "";
        headers.put("Location", host + "/connectors/" + URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20"));
        return new HttpAnswer(201, headers, plain.body());
    }

    private HttpAnswer target(String name, TargetState target, int status) throws InterruptedException {
        if (herder.find(name).isEmpty()) {
            throw new HttpError(404, "Unknown connector " + name);
        }
        herder.target(name, target);
        return HttpAnswer.empty(status);
    }

    /** 503 unless the connector and all its tasks are ready: for probes that look at nothing else. */
    private HttpAnswer health(ConnectorStatus status) {
        boolean ready = status.readiness().ready() && status.tasks().stream().allMatch(task -> task.readiness().ready());
        return Json.answer(ready ? 200 : 503, statuses.readiness(status));
    }

    private HttpAnswer restart(HttpCall call, String name) throws InterruptedException {
        boolean includeTasks = call.parameter("includeTasks").map(Boolean::parseBoolean).orElse(false);
        boolean onlyFailed = call.parameter("onlyFailed").map(Boolean::parseBoolean).orElse(false);
        Optional<ConnectorStatus> before = herder.find(name);
        if (before.isEmpty()) {
            throw new HttpError(404, "Unknown connector: " + name);
        }
        ConnectorStatus planned = herder.restart(name, includeTasks, onlyFailed);
        return includeTasks || onlyFailed ? Json.answer(202, statuses.of(planned)) : HttpAnswer.empty(204);
    }
}
