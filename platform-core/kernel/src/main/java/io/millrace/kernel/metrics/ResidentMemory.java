package io.millrace.kernel.metrics;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the JVM itself cannot tell: how much memory the whole process takes. */
final class ResidentMemory {

    private static final Path STATUS = Path.of("/proc/self/status");

    private ResidentMemory() {
    }

    /** NaN where the system does not tell. */
    static double bytes() {
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("\\D", "")) * 1024.0;
                }
            }
        } catch (IOException | RuntimeException untold) {
            return Double.NaN;
        }
        return Double.NaN;
    }
}
