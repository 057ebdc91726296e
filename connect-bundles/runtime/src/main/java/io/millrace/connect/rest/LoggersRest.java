package io.millrace.connect.rest;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.api.http.HttpAnswer;
import io.millrace.api.http.HttpCall;
import io.millrace.api.http.HttpError;
import java.lang.management.PlatformLoggingMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * {@code /admin/loggers}: what is logged, seen and changed while the platform runs (KIP-495, KIP-976). A change lasts until the platform stops. There
 * is one process, so the scopes {@code worker} and {@code cluster} differ in their answers only. Thread-safe.
 */
final class LoggersRest {

    private static final String ROOT = "root";

    private final Supplier<PlatformLoggingMXBean> levels;
    private final Map<String, Long> changed = new ConcurrentHashMap<>();

    /** @param levels null if the platform logs with something else */
    LoggersRest(Supplier<PlatformLoggingMXBean> levels) {
        this.levels = levels;
    }

    void serve(Routes routes) {
        routes.on("GET", "/admin/loggers", (_, _) -> all());
        routes.on("GET", "/admin/loggers/*", (_, path) -> one(path.getFirst()));
        routes.taking("PUT", "/admin/loggers/*", this::set);
    }

    private PlatformLoggingMXBean levels() {
        PlatformLoggingMXBean bean = levels.get();
        if (bean == null) {
            throw new HttpError(501, "log levels cannot be seen or changed: the platform does not log with its own logback; start it with bin/millrace");
        }
        return bean;
    }

    private HttpAnswer all() {
        Map<String, Object> all = new TreeMap<>();
        PlatformLoggingMXBean bean = levels();
        for (String name : bean.getLoggerNames()) {
            all.put(shown(name), described(shown(name), bean.getLoggerLevel(name)));
        }
        return Json.answer(200, all);
    }

    private HttpAnswer one(String name) {
        String level = levels().getLoggerLevel(own(name));
        if (level == null) {
            throw new HttpError(404, "Logger " + name + " not found.");
        }
        return Json.answer(200, described(name, level));
    }

    private HttpAnswer set(HttpCall call, List<String> path) throws Exception {
        JsonNode wanted = Json.body(call.body()).get("level");
        if (wanted == null || wanted.isNull()) {
            throw new HttpError(400, "Desired 'level' parameter was not specified in request.");
        }
        // Logback has no level above ERROR that still logs.
        String level = wanted.asText().toUpperCase(Locale.ROOT).equals("FATAL") ? "ERROR" : wanted.asText().toUpperCase(Locale.ROOT);
        String name = path.getFirst();
        List<String> set = new ArrayList<>();
        try {
            // The logger itself first: it may not be there yet.
            change(name, level, set);
            for (String other : new TreeSet<>(levels().getLoggerNames())) {
                if (name.equals(ROOT) || shown(other).startsWith(name + ".")) {
                    change(shown(other), level, set);
                }
            }
        } catch (IllegalArgumentException e) {
            throw new HttpError(404, "invalid log level '" + wanted.asText() + "'.");
        }
        boolean cluster = call.parameter("scope").orElse("worker").equalsIgnoreCase("cluster");
        return cluster ? HttpAnswer.empty(204) : Json.answer(200, new TreeSet<>(set));
    }

    private synchronized void change(String name, String level, List<String> set) {
        PlatformLoggingMXBean bean = levels();
        if (!level.equals(bean.getLoggerLevel(own(name)))) {
            bean.setLoggerLevel(own(name), level);
            changed.put(name, System.currentTimeMillis());
            set.add(name);
        }
    }

    private Map<String, Object> described(String name, String level) {
        return Json.object("level", level, "last_modified", changed.get(name));
    }

    private static String own(String name) {
        return name.equals(ROOT) ? org.slf4j.Logger.ROOT_LOGGER_NAME : name;
    }

    private static String shown(String name) {
        return name.equals(org.slf4j.Logger.ROOT_LOGGER_NAME) ? ROOT : name;
    }
}
