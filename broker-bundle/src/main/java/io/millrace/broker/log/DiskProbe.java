package io.millrace.broker.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** Finds out whether a folder's disk works at all, when something on it failed. Thread-safe. */
final class DiskProbe {

    private final Path folder;
    private final Consumer<IOException> onFailure;
    private final AtomicBoolean probing = new AtomicBoolean();

    /** @param onFailure told, on the probe's thread, if it does not */
    DiskProbe(Path folder, Consumer<IOException> onFailure) {
        this.folder = folder;
        this.onFailure = onFailure;
    }

    /** Looks in the background, unless somebody does. */
    void begin(Exception cause) {
        if (probing.compareAndSet(false, true)) {
            Thread.ofPlatform().daemon().name("probe " + folder).start(() -> {
                try {
                    probe();
                } catch (IOException e) {
                    if (!DiskSpace.isShortage(e)) {
                        e.addSuppressed(cause);
                        onFailure.accept(e);
                    }
                } finally {
                    probing.set(false);
                }
            });
        }
    }

    private void probe() throws IOException {
        Path probe = folder.resolve(".probe");
        try (FileChannel channel = FileChannel.open(probe, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(1));
            channel.force(true);
        }
        Files.deleteIfExists(probe);
    }
}
