package io.millrace.broker.metadata;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Space that is taken while there is enough, to be given up when a disk is full: with it a node starts and topics can be deleted. */
final class ReserveFile {

    private static final Logger LOG = LoggerFactory.getLogger(ReserveFile.class);
    static final int BYTES = 256 * 1024;

    private final Path file;
    private boolean taken;

    ReserveFile(Path file) {
        this.file = file;
    }

    /** Takes the space unless it is taken or the disk is nearly full. */
    void take() {
        if (taken || Files.exists(file)) {
            taken = true;
            return;
        }
        if (file.toAbsolutePath().getParent().toFile().getUsableSpace() < 4L * BYTES) {
            return;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            ByteBuffer content = ByteBuffer.allocate(BYTES);
            while (content.hasRemaining()) {
                channel.write(content);
            }
            channel.force(true);
            taken = true;
        } catch (IOException notNow) {
            LOG.debug("no space is reserved in {}: {}", file, notNow.toString());
            release();
        }
    }

    /** @return whether there was something to give up */
    boolean release() {
        taken = false;
        try {
            return Files.deleteIfExists(file);
        } catch (IOException kept) {
            LOG.warn("{} cannot be removed: {}", file, kept.toString());
            return false;
        }
    }
}
