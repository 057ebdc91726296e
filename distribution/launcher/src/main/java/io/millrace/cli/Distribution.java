package io.millrace.cli;

import java.nio.file.Path;

/** The folder that this program came in. */
final class Distribution {

    private Distribution() {}

    static Path home() {
        String home = System.getProperty("millrace.home");
        if (home == null) {
            throw new IllegalStateException("the system property millrace.home is not set; start with bin/millrace");
        }
        return Path.of(home);
    }
}
