package io.millrace.demo;

import io.millrace.launcher.Platform;
import io.millrace.postgres.EmbeddedPostgres;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code millrace demo}: starts the platform with a real PostgreSQL, keeps writing orders, and shows them come back captured, counted in windows
 * and delivered. With {@code --seconds} it ends by itself, after it has compared every window with the orders it was made of.
 */
@Command(name = "millrace demo", sortOptions = false,
        description = "Captures a real PostgreSQL, counts its orders in windows and writes the result back.")
public final class Demo implements Callable<Integer> {

    private static final int WINDOW_SECONDS = 10;
    private static final int SWAP_EVERY_SECONDS = 5;
    private static final int DRAIN_SECONDS = 90;
    /** How often in a row, a second apart, everything must be equal before it counts as settled. */
    private static final int SETTLED = 3;

    @Option(names = "--seconds", paramLabel = "N", description = "Run N seconds, drain, reconcile and exit: 0 if every window is exact, else 1.")
    private int seconds;

    @Option(names = "--swap", description = "Replace the JDBC sink bundle by another build of it every few seconds.")
    private boolean swap;

    @Option(names = "--rate", paramLabel = "N", defaultValue = "100", description = "New orders per second (default: ${DEFAULT-VALUE}).")
    private int rate;

    @Option(names = "--postgres", paramLabel = "URL", description = "Use this server instead of the embedded one, with an empty database: postgresql://user:password@host:port/db")
    private String postgres;

    @Option(names = "--data", paramLabel = "DIR", defaultValue = "demo-data", description = "Where everything is kept (default: ${DEFAULT-VALUE}).")
    private Path data;

    @Option(names = "--listen", paramLabel = "HOST:PORT", defaultValue = "127.0.0.1:9092", description = "Kafka protocol (default: ${DEFAULT-VALUE}).")
    private String listen;

    @Option(names = "--http", paramLabel = "HOST:PORT", defaultValue = "127.0.0.1:8083", description = "REST (default: ${DEFAULT-VALUE}).")
    private String http;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help.")
    private boolean help;

    private final PrintStream out = System.out;
    private volatile EmbeddedPostgres server;
    private volatile Platform platform;
    private volatile OrderWriter writer;
    private volatile boolean interrupted;
    private int swaps;

    public static void main(String[] arguments) {
        System.exit(run(arguments));
    }

    /** @return the exit code: 0, or 1 if the demo failed or the counts differ, or 2 if the arguments are wrong */
    public static int run(String... arguments) {
        return new CommandLine(new Demo()).setExecutionExceptionHandler((failure, line, parsed) -> {
            line.getErr().println("millrace demo: " + (failure.getMessage() == null ? failure.toString() : failure.getMessage()));
            return 1;
        }).setParameterExceptionHandler((wrong, parsed) -> {
            wrong.getCommandLine().getErr().println("millrace demo: " + wrong.getMessage().replace('\n', ' ') + "; see millrace demo --help");
            return CommandLine.ExitCode.USAGE;
        }).execute(arguments);
    }

    @Override
    public Integer call() throws Exception {
        if (rate < 1 || rate > 100_000) {
            throw new IllegalArgumentException("--rate " + rate + " is out of range; give 1 to 100000 orders per second");
        }
        data = data.toAbsolutePath().normalize();
        Thread hook = new Thread(this::interrupt, "demo-shutdown");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            return play();
        } finally {
            if (!interrupted) {
                shutDown();
                Runtime.getRuntime().removeShutdownHook(hook);
            }
        }
    }

    private int play() throws Exception {
        Files.createDirectories(data);
        ShopDatabase database = startDatabase();
        database.prepare();
        Path etc = writeConfiguration(database);
        startPlatform(etc);
        writer = new OrderWriter(database, rate, new SplittableRandom());
        writer.start();
        platform.awaitStarted();
        try (PlatformRest rest = new PlatformRest("http://" + platform.http())) {
            boolean screen = seconds == 0 && System.console() != null && System.console().isTerminal();
            LiveView view = new LiveView(out, screen, database, writer, rest);
            watch(view, rest);
            writer.stop();
            if (writer.failure() != null) {
                throw new SQLException("the shop's database went away: " + writer.failure().getMessage(), writer.failure());
            }
            return reconcile(database) ? 0 : 1;
        }
    }

    private ShopDatabase startDatabase() throws IOException, InterruptedException {
        if (postgres != null) {
            return ShopDatabase.at(postgres);
        }
        long start = System.nanoTime();
        out.println("starting PostgreSQL in " + data.resolve("postgres"));
        server = EmbeddedPostgres.start(data.resolve("postgres"));
        out.printf("  PostgreSQL on 127.0.0.1:%d after %d ms%n", server.port(), millisSince(start));
        return new ShopDatabase(server.url(), "postgres", "");
    }

    private void startPlatform(Path etc) throws Exception {
        long jvm = ManagementFactory.getRuntimeMXBean().getStartTime();
        long untilMain = MAIN_ENTERED_MILLIS - jvm;
        long start = System.nanoTime();
        Path home = Path.of(System.getProperty("millrace.home"));
        platform = Platform.start(Platform.options(home).data(data).etc(etc).listen(listen).http(http)
                .plugins(List.of(home.resolve("demo").resolve("plugins"))));
        platform.awaitReady();
        String[] address = platform.listen().split(":");
        FirstRecord.acknowledge(address[0], Integer.parseInt(address[1]));
        long platformMillis = millisSince(start);
        out.printf(Locale.ROOT, "platform started: first record acknowledged (acks=all, on disk) after %d ms (JVM %d ms, platform %d ms)%n",
                untilMain + platformMillis, untilMain, platformMillis);
        out.println(platform.describe());
    }

    private static final long MAIN_ENTERED_MILLIS = System.currentTimeMillis();

    private void watch(LiveView view, PlatformRest rest) throws InterruptedException, IOException {
        long end = seconds == 0 ? Long.MAX_VALUE : System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        for (int second = 1; System.nanoTime() < end && writer.failure() == null; second++) {
            TimeUnit.NANOSECONDS.sleep(Math.min(1_000_000_000L, Math.max(0, end - System.nanoTime())));
            view.refresh(swaps);
            if (swap && second % SWAP_EVERY_SECONDS == 0) {
                swapSink(rest);
            }
        }
    }

    private void swapSink(PlatformRest rest) throws IOException, InterruptedException {
        Path home = Path.of(System.getProperty("millrace.home"));
        Path shipped;
        try (var bundles = Files.list(home.resolve("plugins"))) {
            shipped = bundles.filter(bundle -> bundle.getFileName().toString().contains("jdbc")).findFirst()
                    .orElseThrow(() -> new IOException("no JDBC bundle in " + home.resolve("plugins")));
        }
        int build = (int) (System.currentTimeMillis() / 1000 % 1_000_000_000);
        Path rebuilt = PluginSwap.rebuild(shipped, build, data.resolve("builds"));
        long start = System.nanoTime();
        String version = rest.updatePlugin("jdbc", rebuilt).path("version").asText();
        swaps++;
        out.printf("swapped the JDBC sink bundle for %s in %d ms%n", version, millisSince(start));
        Files.deleteIfExists(rebuilt);
    }

    private boolean reconcile(ShopDatabase database) throws SQLException, InterruptedException {
        out.println("draining");
        Reconciliation now = Reconciliation.of(database, WINDOW_SECONDS);
        int settled = 0;
        for (int second = 0; second < DRAIN_SECONDS && settled < SETTLED; second++) {
            TimeUnit.SECONDS.sleep(1);
            now = Reconciliation.of(database, WINDOW_SECONDS);
            settled = now.exact() ? settled + 1 : 0;
        }
        if (swaps > 0) {
            out.println(swaps + " swaps of the JDBC sink bundle while orders flowed");
        }
        out.printf(Locale.ROOT, "orders:       %,d worth %,d cents%norder_stats:  %,d worth %,d cents, in %,d windows%n",
                now.orders(), now.amountCents(), now.countedOrders(), now.countedCents(), now.windows());
        if (settled == SETTLED) {
            out.println("reconciled exactly");
            return true;
        }
        out.println("NOT reconciled: " + now.differingWindows() + " windows differ");
        now.differences().forEach(difference -> out.println("  " + difference));
        return false;
    }

    /** The connector and job files, and where the database is; what a user would put into {@code etc} by hand. */
    private Path writeConfiguration(ShopDatabase database) throws IOException {
        Path etc = data.resolve("etc");
        Path source = Path.of(System.getProperty("millrace.home"), "demo", "etc");
        copy(source, etc);
        Properties properties = database.properties();
        Path file = etc.resolve("postgres.properties");
        try (OutputStream written = Files.newOutputStream(file)) {
            properties.store(written, null);
        }
        return etc;
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
                Files.createDirectories(to.resolve(from.relativize(folder)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.REPLACE_EXISTING);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private void interrupt() {
        interrupted = true;
        out.println("\nstopping");
        shutDown();
    }

    private synchronized void shutDown() {
        try {
            if (writer != null) {
                writer.stop();
            }
            if (platform != null) {
                platform.stop();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            if (server != null) {
                server.stop();
            }
        }
    }

    private static long millisSince(long startNanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
    }
}
