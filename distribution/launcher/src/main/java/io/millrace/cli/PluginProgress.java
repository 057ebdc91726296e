package io.millrace.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/** Shows the steps of one operation on a plugin while its request waits for the answer. */
final class PluginProgress implements AutoCloseable {

    private static final int WAIT_MILLIS = 1_000;

    private final Rest rest;
    private final PrintStream out;
    private final String tag = UUID.randomUUID().toString();
    private final Thread watcher = Thread.ofPlatform().daemon().name("progress").unstarted(this::watch);
    private volatile boolean over;
    private long last;

    PluginProgress(Rest rest, PrintStream out) throws IOException {
        this.rest = rest;
        this.out = out;
        for (Object event : (List<?>) rest.get("/plugins/events")) {
            last = sequence(event);
        }
        watcher.start();
    }

    /** For the request whose steps are to be shown. */
    String tag() {
        return tag;
    }

    private void watch() {
        try {
            while (!over) {
                show((List<?>) rest.get("/plugins/events?after=" + last + "&wait=" + WAIT_MILLIS));
            }
        } catch (IOException | RuntimeException e) {
            // The request itself tells what is wrong.
            over = true;
        }
    }

    private void show(List<?> events) {
        for (Object event : events) {
            last = sequence(event);
            if (tag.equals(((Map<?, ?>) event).get("tag"))) {
                out.println(line((Map<?, ?>) event));
                over |= "DONE".equals(((Map<?, ?>) event).get("step")) || "FAILED".equals(((Map<?, ?>) event).get("step"));
            }
        }
    }

    static String line(Map<?, ?> event) {
        String step = String.valueOf(event.get("step")).toLowerCase(Locale.ROOT).replace('_', ' ');
        String detail = String.valueOf(event.get("detail"));
        return "%6s ms  %s %s: %s%s".formatted(event.get("took_ms"), event.get("plugin"), event.get("version"), step, detail.isEmpty() ? "" : ", " + detail)
                .replace(" : ", ": ");
    }

    private static long sequence(Object event) {
        return ((Number) ((Map<?, ?>) event).get("sequence")).longValue();
    }

    @Override
    public void close() {
        try {
            // The last steps have been told when the answer is here.
            watcher.join(WAIT_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        over = true;
    }
}
