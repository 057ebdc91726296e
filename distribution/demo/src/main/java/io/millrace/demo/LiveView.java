package io.millrace.demo;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** What the terminal shows while the demo runs: a screen drawn anew each second, or a line every five where there is no terminal. */
final class LiveView {

    private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss").withZone(ZoneId.systemDefault());
    private static final int WINDOWS_SHOWN = 8;
    private static final int LINE_EVERY = 5;

    private final PrintStream out;
    private final boolean screen;
    private final ShopDatabase database;
    private final OrderWriter writer;
    private final PlatformRest rest;
    private final long startNanos = System.nanoTime();
    private long lastInserted;
    private long lastCounted;
    private long lastNanos = startNanos;
    private int ticks;

    LiveView(PrintStream out, boolean screen, ShopDatabase database, OrderWriter writer, PlatformRest rest) {
        this.out = out;
        this.screen = screen;
        this.database = database;
        this.writer = writer;
        this.rest = rest;
    }

    /** Call about once a second; swaps and a slow database may make it longer. */
    void refresh(int swaps) throws InterruptedException {
        boolean due = screen || ticks % LINE_EVERY == 0;
        ticks++;
        StringBuilder text = new StringBuilder();
        try (Connection connection = database.connect(); Statement statement = connection.createStatement()) {
            long written;
            long counted;
            try (ResultSet row = statement.executeQuery(
                    "SELECT (SELECT count(*) FROM orders), (SELECT coalesce(sum(orders), 0)::bigint FROM order_stats), (SELECT count(*) FROM customers)")) {
                row.next();
                written = row.getLong(1);
                counted = row.getLong(2);
                long now = System.nanoTime();
                double seconds = (now - lastNanos) / 1e9;
                lastNanos = now;
                long inserted = writer.inserted();
                long perSecond = Math.round((inserted - lastInserted) / seconds);
                lastInserted = inserted;
                if (!due) {
                    return;
                }
                if (!screen) {
                    out.printf(Locale.ROOT, "%s  orders %,d (+%d/s, %d changed, %d deleted)  counted %,d, %d behind%s%s%n", elapsed(), written, perSecond,
                            writer.updated(), writer.deleted(), counted, written - counted, parts(), swaps > 0 ? "  swaps " + swaps : "");
                    return;
                }
                text.append(String.format(Locale.ROOT, "%n  shop      orders %,d  (+%d/s)   changed %,d   deleted %,d   customers %d%n", written, perSecond,
                        writer.updated(), writer.deleted(), row.getLong(3)));
                text.append(String.format(Locale.ROOT, "  counted   orders %,d  (+%d/s)   behind %d%n", counted, Math.round((counted - lastCounted) / seconds), written - counted));
                lastCounted = counted;
            }
            text.append("  parts    ").append(parts()).append('\n');
            if (swaps > 0) {
                text.append("  swaps     ").append(swaps).append(" of the JDBC sink bundle\n");
            }
            text.append(String.format("%n  %-19s %-20s %8s %14s%n", "window", "customer", "orders", "amount"));
            try (ResultSet rows = statement.executeQuery("SELECT window_start, window_end, customer_name, orders, amount_cents FROM order_stats "
                    + "ORDER BY window_start DESC, amount_cents DESC LIMIT " + WINDOWS_SHOWN)) {
                while (rows.next()) {
                    text.append(String.format(Locale.ROOT, "  %s - %s %-20s %8d %,14.2f%n", CLOCK.format(rows.getTimestamp(1).toInstant()),
                            CLOCK.format(rows.getTimestamp(2).toInstant()), rows.getString(3), rows.getLong(4), rows.getLong(5) / 100.0));
                }
            }
        } catch (SQLException e) {
            text.append("  the database cannot be read: ").append(e.getMessage()).append('\n');
        }
        draw(text);
    }

    private void draw(StringBuilder text) {
        if (!screen) {
            out.print(text);
            return;
        }
        String head = "  Millrace demo   " + elapsed() + "   Ctrl-C ends it\n";
        out.print("\u001b[H\u001b[2J" + head + text);
        out.flush();
    }

    private String elapsed() {
        Duration since = Duration.ofNanos(System.nanoTime() - startNanos);
        return String.format("%02d:%02d", since.toMinutes(), since.toSecondsPart());
    }

    private String parts() throws InterruptedException {
        StringBuilder text = new StringBuilder();
        try {
            rest.get("/connectors?expand=status").properties().forEach(connector -> {
                JsonNode tasks = connector.getValue().path("status").path("tasks");
                text.append("  ").append(connector.getKey()).append(' ').append(tasks.isEmpty() ? "no task" : tasks.path(0).path("state").asText());
            });
            for (JsonNode job : rest.get("/jobs")) {
                text.append("  ").append(job.path("name").asText()).append(' ').append(job.path("state").asText());
            }
        } catch (IOException e) {
            text.append("  REST: ").append(e.getMessage());
        }
        return text.toString();
    }
}
