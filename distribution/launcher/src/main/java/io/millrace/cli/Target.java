package io.millrace.cli;

import io.millrace.launcher.Instance;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The running platform that a command is about. */
final class Target {

    @Option(names = "--data", paramLabel = "DIR", defaultValue = "data", description = "Its data folder (default: ${DEFAULT-VALUE}).")
    private Path data;

    Instance instance() throws IOException {
        Path folder = data.toAbsolutePath().normalize();
        return Instance.on(folder).orElseThrow(() -> new IOException("no Millrace runs on the data folder " + folder
                + "; start one with 'millrace start', or name its folder with --data"));
    }

    Path data() {
        return data.toAbsolutePath().normalize();
    }
}
