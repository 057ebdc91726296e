package io.millrace.demo;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/**
 * The shop's busy life: ten times a second one transaction of new orders, and changes and deletions of recent ones; now and then a customer
 * moves or a new one comes. Runs on a thread of its own until {@link #stop}.
 */
final class OrderWriter {

    private static final int TICKS_PER_SECOND = 10;
    private static final int FIRST_CUSTOMERS = 25;
    /** Only orders placed this recently change, so that the change falls into a window that is still open. */
    private static final int CHANGEABLE = 200;
    private static final String[] NAMES = {"Ada", "Grace", "Edsger", "Barbara", "Donald", "Leslie", "Tony", "Radia", "Ken", "Frances"};
    private static final String[] CITIES = {"Uppsala", "Bergen", "Porto", "Graz", "Leiden", "Lyon", "Gdansk", "Cork"};

    private final ShopDatabase database;
    private final int ordersPerSecond;
    private final RandomGenerator random;
    private final Thread thread;
    private final List<Long> recent = new ArrayList<>();
    private final AtomicLong inserted = new AtomicLong();
    private final AtomicLong updated = new AtomicLong();
    private final AtomicLong deleted = new AtomicLong();
    private volatile boolean running = true;
    private volatile SQLException failure;
    private long nextOrder;
    private long customers;

    OrderWriter(ShopDatabase database, int ordersPerSecond, RandomGenerator random) {
        this.database = database;
        this.ordersPerSecond = ordersPerSecond;
        this.random = random;
        this.thread = Thread.ofPlatform().name("shop").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Ends after the transaction under way; blocks until then. */
    void stop() throws InterruptedException {
        running = false;
        thread.join();
    }

    long inserted() {
        return inserted.get();
    }

    long updated() {
        return updated.get();
    }

    long deleted() {
        return deleted.get();
    }

    /** Why it ended by itself, or null. */
    SQLException failure() {
        return failure;
    }

    private void run() {
        try (Connection connection = database.connect()) {
            connection.setAutoCommit(false);
            open(connection);
            long next = System.nanoTime();
            while (running) {
                tick(connection);
                connection.commit();
                next += 1_000_000_000L / TICKS_PER_SECOND;
                java.util.concurrent.locks.LockSupport.parkNanos(next - System.nanoTime());
            }
        } catch (SQLException e) {
            failure = e;
        }
    }

    private void open(Connection connection) throws SQLException {
        customers = highest(connection, "customers");
        nextOrder = highest(connection, "orders") + 1;
        while (customers < FIRST_CUSTOMERS) {
            addCustomer(connection);
        }
        connection.commit();
    }

    private void tick(Connection connection) throws SQLException {
        int orders = ordersPerSecond / TICKS_PER_SECOND + (random.nextInt(TICKS_PER_SECOND) < ordersPerSecond % TICKS_PER_SECOND ? 1 : 0);
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO orders VALUES (?, ?, ?, 'placed', ?)")) {
            for (int i = 0; i < orders; i++) {
                insert.setLong(1, nextOrder);
                insert.setLong(2, 1 + random.nextLong(customers));
                insert.setLong(3, 100 + random.nextInt(20_000));
                insert.setTimestamp(4, Timestamp.from(Instant.now()));
                insert.addBatch();
                recent.add(nextOrder++);
            }
            insert.executeBatch();
        }
        while (recent.size() > CHANGEABLE) {
            recent.removeFirst();
        }
        int changes = Math.max(1, orders / 4);
        for (int i = 0; i < changes && !recent.isEmpty(); i++) {
            changeOne(connection);
        }
        if (random.nextInt(5 * TICKS_PER_SECOND) == 0) {
            addCustomer(connection);
        }
        if (random.nextInt(TICKS_PER_SECOND) == 0) {
            moveCustomer(connection);
        }
        inserted.addAndGet(orders);
    }

    private void changeOne(Connection connection) throws SQLException {
        int at = random.nextInt(recent.size());
        if (random.nextInt(5) == 0) {
            try (PreparedStatement delete = connection.prepareStatement("DELETE FROM orders WHERE id = ?")) {
                delete.setLong(1, recent.remove(at));
                deleted.addAndGet(delete.executeUpdate());
            }
        } else {
            try (PreparedStatement update = connection.prepareStatement("UPDATE orders SET amount_cents = ?, status = 'changed' WHERE id = ?")) {
                update.setLong(1, 100 + random.nextInt(20_000));
                update.setLong(2, recent.get(at));
                updated.addAndGet(update.executeUpdate());
            }
        }
    }

    private void addCustomer(Connection connection) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO customers VALUES (?, ?, ?)")) {
            insert.setLong(1, ++customers);
            insert.setString(2, NAMES[random.nextInt(NAMES.length)] + " " + customers);
            insert.setString(3, CITIES[random.nextInt(CITIES.length)]);
            insert.executeUpdate();
        }
    }

    private void moveCustomer(Connection connection) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("UPDATE customers SET city = ? WHERE id = ?")) {
            update.setString(1, CITIES[random.nextInt(CITIES.length)]);
            update.setLong(2, 1 + random.nextLong(customers));
            update.executeUpdate();
        }
    }

    private static long highest(Connection connection, String table) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet max = statement.executeQuery("SELECT coalesce(max(id), 0) FROM " + table)) {
            max.next();
            return max.getLong(1);
        }
    }
}
