package io.millrace.cli;

import io.millrace.launcher.Options;
import io.millrace.launcher.Platform;
import io.millrace.launcher.StartFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "start", sortOptions = false, mixinStandardHelpOptions = true, description = "Run the platform until Ctrl-C or 'millrace stop'.",
        exitCodeListHeading = "Exit code:%n", exitCodeList = {"0:it was stopped, by Ctrl-C, 'millrace stop' or SIGTERM", "1:it cannot start", "2:wrong usage"})
final class Start implements Callable<Integer> {

    @Option(names = "--data", paramLabel = "DIR", defaultValue = "data", description = "Data folder (default: ${DEFAULT-VALUE}).")
    private Path data;

    @Option(names = "--etc", paramLabel = "DIR", description = "Folder of millrace.properties, connectors/*.json and jobs/*.json (default: the distribution's etc).")
    private Path etc;

    @Option(names = "--listen", paramLabel = "HOST:PORT", description = "Kafka protocol (default: 127.0.0.1:9092).")
    private String listen;

    @Option(names = "--http", paramLabel = "HOST:PORT", description = "REST (default: 127.0.0.1:8083).")
    private String http;

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "Set a configuration key; wins over millrace.properties. Repeatable.")
    private Map<String, String> settings = new LinkedHashMap<>();

    @Option(names = "--plugins", paramLabel = "DIR", description = "A further folder of plugins to install.")
    private Path plugins;

    @Option(names = "--background", description = "Return as soon as the platform is ready; 'millrace stop' ends it.")
    private boolean background;

    @Option(names = "--once", hidden = true, description = "Stop as soon as everything has started; for recording start-up.")
    private boolean once;

    @Override
    public Integer call() throws StartFailure, InterruptedException, IOException {
        Options options = options();
        if (background) {
            return new BackgroundStart(options).run();
        }
        Platform platform = Platform.start(options);
        // For what ends the process otherwise, such as SIGHUP.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(platform), "millrace-stop"));
        StopSignals signals = StopSignals.endingWith(() -> stop(platform));
        try {
            platform.awaitStarted();
        } catch (StartFailure failed) {
            if (signals.haveCome()) {
                platform.stop();
                return 0;
            }
            throw failed;
        }
        if (once) {
            platform.stop();
            return 0;
        }
        System.out.printf("Millrace ready in %d ms, Kafka protocol on %s, REST on http://%s, data in %s%n",
                platform.startupMillis(), platform.listen(), platform.http(), options.data());
        platform.awaitStop();
        return 0;
    }

    private Options options() {
        Options options = Platform.options(Distribution.home()).data(data);
        if (etc != null) {
            options = options.etc(etc);
        }
        for (Map.Entry<String, String> setting : settings.entrySet()) {
            options = options.set(setting.getKey(), setting.getValue());
        }
        if (listen != null) {
            options = options.listen(listen);
        }
        if (http != null) {
            options = options.http(http);
        }
        if (plugins != null) {
            options = options.plugins(java.util.List.of(plugins));
        }
        return options;
    }

    private static void stop(Platform platform) {
        try {
            platform.stop();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
