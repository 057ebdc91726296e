package io.millrace.connect.rest;

import io.millrace.api.http.HttpAnswer;
import io.millrace.api.http.HttpError;
import io.millrace.connect.herder.Herder;
import io.millrace.connect.herder.TaskStatus;
import java.util.ArrayList;
import java.util.List;

/** {@code /connectors/NAME/tasks}. */
final class TasksRest {

    private final Herder herder;
    private final Statuses statuses;

    TasksRest(Herder herder, Statuses statuses) {
        this.herder = herder;
        this.statuses = statuses;
    }

    void serve(Routes routes) {
        routes.on("GET", "/connectors/*/tasks", (_, path) -> list(path.getFirst()));
        routes.on("GET", "/connectors/*/tasks/*/status", (_, path) -> status(path.getFirst(), number(path.get(1))));
        routes.on("POST", "/connectors/*/tasks/*/restart", (_, path) -> restart(path.getFirst(), number(path.get(1))));
        // Between workers only, where Kafka Connect's have more than one: the answer is the one to somebody who is none.
        routes.taking("POST", "/connectors/*/tasks", (call, _) -> {
            Json.any(call.body());
            throw unsigned();
        });
        routes.on("PUT", "/connectors/*/fence", (_, _) -> {
            throw unsigned();
        });
    }

    private static HttpError unsigned() {
        return new HttpError(400, "Internal request missing required signature");
    }

    private static int number(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new HttpError(404, "HTTP 404 Not Found");
        }
    }

    private HttpAnswer list(String name) {
        List<Object> tasks = new ArrayList<>();
        herder.taskSettings(name).forEach((id, settings) ->
                tasks.add(Json.object("id", Json.object("connector", name, "task", id.task()), "config", settings)));
        return Json.answer(200, tasks);
    }

    private HttpAnswer status(String name, int number) {
        String missing = "No status found for task " + name + "-" + number;
        TaskStatus task = herder.find(name).orElseThrow(() -> new HttpError(404, missing)).tasks().stream().filter(each -> each.id() == number)
                .findFirst().orElseThrow(() -> new HttpError(404, missing));
        return Json.answer(200, statuses.of(task));
    }

    private HttpAnswer restart(String name, int number) throws InterruptedException {
        if (herder.find(name).isEmpty()) {
            throw new HttpError(404, "Unknown connector: " + name);
        }
        herder.restartTask(name, number);
        return HttpAnswer.empty(204);
    }
}
