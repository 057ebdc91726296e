package io.millrace.kernel.status;

import com.sun.management.HotSpotDiagnosticMXBean;
import io.millrace.api.http.HttpError;
import io.millrace.kernel.plugin.RetiredLoaders;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What removed plugins still hold in memory, after a garbage collection on demand, and with a heap dump that says who holds it. */
final class Leaks {

    private static final int MOST_COLLECTIONS = 5;
    private static final Duration BETWEEN = Duration.ofMillis(50);

    private final RetiredLoaders retired;
    private final Path folder;
    private final InstantSource clock;

    /** @param folder for heap dumps */
    Leaks(RetiredLoaders retired, Path folder, InstantSource clock) {
        this.retired = retired;
        this.folder = folder;
        this.clock = clock;
    }

    Map<String, Object> now() {
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("retired", retired.retiredInAll());
        told.put("swept", retired.sweptInAll());
        List<Map<String, Object>> unreclaimed = new ArrayList<>();
        for (RetiredLoaders.Unreclaimed loader : retired.unreclaimed()) {
            unreclaimed.add(Map.of("plugin", loader.plugin(), "version", loader.version(), "age_ms", loader.age().toMillis(), "swept", loader.swept()));
        }
        told.put("unreclaimed", unreclaimed);
        List<Map<String, Object>> stuck = new ArrayList<>();
        for (RetiredLoaders.StuckThread thread : retired.stuck()) {
            stuck.add(Map.of("plugin", thread.plugin(), "version", thread.version(), "thread", thread.thread(), "place", thread.place()));
        }
        told.put("stuck_threads", stuck);
        return told;
    }

    /** Blocks for as long as the garbage collections take, which stop nothing but take processor time. */
    Map<String, Object> collected(boolean dump) throws IOException, InterruptedException {
        for (int i = 0; i < MOST_COLLECTIONS && !retired.unreclaimed().isEmpty(); i++) {
            System.gc();
            // Reference objects are enqueued, and their owners let go, a moment after the collection.
            Thread.sleep(BETWEEN);
        }
        Map<String, Object> told = now();
        if (dump) {
            told.put("heap_dump", dump().toString());
        }
        Runtime runtime = Runtime.getRuntime();
        told.put("heap_used_bytes", runtime.totalMemory() - runtime.freeMemory());
        return told;
    }

    private Path dump() throws IOException {
        Files.createDirectories(folder);
        Path file = folder.resolve("heap-" + clock.instant().toString().replace(':', '-') + ".hprof").toAbsolutePath();
        HotSpotDiagnosticMXBean diagnostics = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        if (diagnostics == null) {
            throw new HttpError(501, "this JVM writes no heap dumps; run the platform on a HotSpot JDK");
        }
        diagnostics.dumpHeap(file.toString(), true);
        return file;
    }
}
