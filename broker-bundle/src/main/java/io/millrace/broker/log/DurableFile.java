package io.millrace.broker.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/** Small files that are replaced whole: after a crash there is the old content or the new, never a part. */
final class DurableFile {

    private DurableFile() {}

    static void replace(Path file, String content) throws IOException {
        replace(file, ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8)));
    }

    static void replace(Path file, ByteBuffer content) throws IOException {
        put(file, content);
        syncFolder(file.getParent());
    }

    /** As {@link #replace}, but durable only after the next {@link #syncFolder} of its folder. */
    static void put(Path file, ByteBuffer content) throws IOException {
        Path written = file.resolveSibling(file.getFileName() + ".tmp");
        try (FileChannel channel = FileChannel.open(written, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            while (content.hasRemaining()) {
                channel.write(content);
            }
            channel.force(true);
        }
        Files.move(written, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Of what is in a file of our own, where damage to the disk would otherwise be taken for it. */
    static String checksum(String content) {
        CRC32C crc = new CRC32C();
        crc.update(content.getBytes(StandardCharsets.UTF_8));
        return Long.toHexString(crc.getValue());
    }

    /** Makes the file's content durable, if it is there. */
    static void sync(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (NoSuchFileException gone) {
            // Nothing to lose: not every file is written, and retention removes them.
        }
    }

    /** Makes created, renamed and removed names in the folder durable. */
    static void syncFolder(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
