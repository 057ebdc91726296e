package io.millrace.demo;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * What {@code order_stats} says against what {@code orders} holds, customer by customer and window by window.
 *
 * @param orders           rows of {@code orders}
 * @param amountCents      their sum
 * @param countedOrders    sum over {@code order_stats}
 * @param countedCents     sum over {@code order_stats}
 * @param windows          windows with at least one order
 * @param differences      the first windows that differ, in words
 * @param differingWindows how many differ
 */
record Reconciliation(long orders, long amountCents, long countedOrders, long countedCents, long windows,
                      List<String> differences, long differingWindows) {

    private static final int SHOWN = 10;
    private static final String DIFFERENCES = """
            WITH written AS (
                SELECT customer_id, date_bin('%1$d seconds', placed_at, timestamptz 'epoch') AS window_start,
                       count(*) AS orders, sum(amount_cents)::bigint AS amount_cents
                FROM orders GROUP BY 1, 2),
            counted AS (
                SELECT customer_id, window_start, orders, amount_cents FROM order_stats WHERE orders <> 0 OR amount_cents <> 0)
            SELECT customer_id, window_start, w.orders, w.amount_cents, c.orders, c.amount_cents
            FROM written w FULL JOIN counted c USING (customer_id, window_start)
            WHERE w.orders IS DISTINCT FROM c.orders OR w.amount_cents IS DISTINCT FROM c.amount_cents
            ORDER BY window_start, customer_id
            """;

    static Reconciliation of(ShopDatabase database, int windowSeconds) throws SQLException {
        try (Connection connection = database.connect(); Statement statement = connection.createStatement()) {
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            connection.setAutoCommit(false);
            long[] written = sums(statement, "SELECT count(*), coalesce(sum(amount_cents), 0) FROM orders");
            long[] counted = sums(statement, "SELECT coalesce(sum(orders), 0), coalesce(sum(amount_cents), 0) FROM order_stats");
            long[] windows = sums(statement, "SELECT count(*), 0 FROM order_stats WHERE orders > 0");
            List<String> shown = new ArrayList<>();
            long differing = 0;
            try (ResultSet rows = statement.executeQuery(DIFFERENCES.formatted(windowSeconds))) {
                while (rows.next()) {
                    if (differing++ < SHOWN) {
                        shown.add("customer %d, window %s: orders has %d worth %d, order_stats has %d worth %d".formatted(rows.getLong(1),
                                rows.getTimestamp(2).toInstant(), rows.getLong(3), rows.getLong(4), rows.getLong(5), rows.getLong(6)));
                    }
                }
            }
            return new Reconciliation(written[0], written[1], counted[0], counted[1], windows[0], shown, differing);
        }
    }

    boolean exact() {
        return differingWindows == 0 && orders == countedOrders && amountCents == countedCents;
    }

    private static long[] sums(Statement statement, String query) throws SQLException {
        try (ResultSet row = statement.executeQuery(query)) {
            row.next();
            return new long[] {row.getLong(1), row.getLong(2)};
        }
    }
}
