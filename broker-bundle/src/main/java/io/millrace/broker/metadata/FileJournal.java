package io.millrace.broker.metadata;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UTFDataFormatException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal of a single node: one file, synced with every append. A record is its length, its CRC-32C and its bytes. A crash can leave a
 * torn record at the end, which nobody was told of: replay cuts it off. Damage before the end is an error, not repaired by guessing.
 */
final class FileJournal implements MetadataJournal {

    private static final Logger LOG = LoggerFactory.getLogger(FileJournal.class);
    static final int HEADER = 2 * Integer.BYTES;
    static final int MAX_RECORD = 16 * 1024 * 1024;
    private static final long WORTH_COMPACTING = 1024 * 1024;

    private final Path file;
    private final ReserveFile reserve;
    private FileChannel channel;
    private long compactedSize;
    private boolean failed;

    private FileJournal(Path file, FileChannel channel) {
        this.file = file;
        this.reserve = new ReserveFile(file.resolveSibling(file.getFileName() + ".reserve"));
        this.channel = channel;
    }

    static FileJournal open(Path file) throws IOException {
        boolean isNew = !Files.exists(file);
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        if (isNew) {
            syncFolder(file.toAbsolutePath().getParent());
        }
        return new FileJournal(file, channel);
    }

    @Override
    public List<MetadataRecord> replay() {
        List<MetadataRecord> records = new ArrayList<>();
        try {
            ByteBuffer content = ByteBuffer.wrap(Files.readAllBytes(file));
            while (content.hasRemaining()) {
                int start = content.position();
                byte[] payload = next(content);
                if (payload == null) {
                    cutOff(content, start);
                    break;
                }
                records.add(RecordCodec.decode(new DataInputStream(new ByteArrayInputStream(payload))));
            }
            channel.position(channel.size());
            compactedSize = channel.size();
            return records;
        } catch (IOException unreadable) {
            throw new IllegalStateException("cannot read the metadata journal " + file + ": " + unreadable.getMessage(), unreadable);
        }
    }

    /** A torn end is what a crash leaves of a record that nobody was told of. Damage looks alike, but for what follows it or for its length. */
    private void cutOff(ByteBuffer content, int start) throws IOException {
        int next = JournalScan.nextRecord(content, start + 1);
        if (next >= 0) {
            throw new IOException("record at byte " + start + " is damaged, and a whole record follows at byte " + next + "; restore it from a copy");
        }
        if (content.limit() - start >= HEADER && content.getInt(start) == content.limit() - start - HEADER) {
            Path copy = file.resolveSibling(file.getFileName() + ".damaged");
            Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
            LOG.error("{}: the last record, at byte {}, is complete but has a wrong CRC; it is cut off. If power failed, it was not acknowledged; "
                    + "if the disk is failing, the last change of the metadata is lost. The file as it was is {}", file, start, copy);
        } else {
            LOG.warn("{}: torn record at byte {}, left by a crash before it was acknowledged; cut off", file, start);
        }
        channel.truncate(start);
        channel.force(true);
    }

    /** @return null if what follows is a torn end */
    private byte[] next(ByteBuffer content) {
        if (content.remaining() < HEADER) {
            return null;
        }
        int length = content.getInt();
        int crc = content.getInt();
        // Zeros, which is what some file systems have where a file grew and nothing was written, would be a record of nothing.
        if (length < JournalScan.SHORTEST || length > MAX_RECORD || length > content.remaining()) {
            return null;
        }
        byte[] payload = new byte[length];
        content.get(payload);
        return crc(payload) == crc ? payload : null;
    }

    @Override
    public void append(List<MetadataRecord> records) {
        if (failed) {
            throw new KafkaStorageException("the metadata journal " + file + " failed before; restart the node");
        }
        ByteBuffer bytes = encoded(records);
        try {
            if (!write(bytes.duplicate())) {
                LOG.warn("{}: the disk is full; the space that was reserved is used now", file);
                if (!reserve.release() || !write(bytes.duplicate())) {
                    throw new JournalFullException("the metadata journal " + file + " cannot grow, the disk is full; free space and try again");
                }
            }
            channel.force(true);
        } catch (IOException broken) {
            // What is on the disk is unknown now, so nothing may follow it until a replay has looked.
            failed = true;
            throw new KafkaStorageException("cannot write the metadata journal " + file + ": " + broken.getMessage(), broken);
        }
        reserve.take();
    }

    /** @return whether all of it was written; if not, nothing of it remains */
    private boolean write(ByteBuffer bytes) throws IOException {
        long before = channel.position();
        try {
            write(channel, bytes);
            return true;
        } catch (IOException refused) {
            LOG.debug("{}: {} bytes do not fit", file, bytes.limit(), refused);
            channel.truncate(before);
            return false;
        }
    }

    @Override
    public void compact(ClusterImage image) {
        try {
            if (channel.size() < Math.max(WORTH_COMPACTING, 4 * compactedSize)) {
                return;
            }
            FileChannel written = replaced(image);
            FileChannel old = channel;
            channel = written;
            old.close();
            compactedSize = written.size();
        } catch (IOException notNow) {
            LOG.warn("{}: not compacted, it goes on growing: {}", file, notNow.toString());
            return;
        }
        try {
            syncFolder(file.toAbsolutePath().getParent());
        } catch (IOException broken) {
            // After a power loss the old file could be back, without what is appended from now on.
            failed = true;
            LOG.error("{}: its folder cannot be synced, no metadata can change until the node restarts", file, broken);
        }
    }

    /** Puts a file of the image's records in the place of this one. @return that file, open behind its end */
    private FileChannel replaced(ClusterImage image) throws IOException {
        Path next = file.resolveSibling(file.getFileName() + ".next");
        FileChannel written = FileChannel.open(next, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.READ,
                StandardOpenOption.WRITE);
        try {
            write(written, encoded(image.toRecords()));
            written.force(true);
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return written;
        } catch (IOException | RuntimeException failed) {
            written.close();
            throw failed;
        }
    }

    /** @throws InvalidRequestException for a name or value that is too long for a record: they come from clients */
    private static ByteBuffer encoded(List<MetadataRecord> records) {
        List<byte[]> payloads = new ArrayList<>(records.size());
        int size = 0;
        for (MetadataRecord record : records) {
            byte[] payload = encoded(record);
            payloads.add(payload);
            size = Math.addExact(size, HEADER + payload.length);
        }
        ByteBuffer bytes = ByteBuffer.allocate(size);
        for (byte[] payload : payloads) {
            bytes.putInt(payload.length).putInt(crc(payload)).put(payload);
        }
        return bytes.flip();
    }

    private static byte[] encoded(MetadataRecord record) {
        try {
            return RecordCodec.encode(record);
        } catch (UTFDataFormatException tooLong) {
            throw new InvalidRequestException("a name or value is longer than " + RecordCodec.LONGEST_STRING + " bytes, which is more than metadata may have",
                    tooLong);
        } catch (IOException impossible) {
            throw new UncheckedIOException("a record cannot be written to memory", impossible);
        }
    }

    private static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    static int crc(byte[] payload) {
        CRC32C crc = new CRC32C();
        crc.update(payload);
        return (int) crc.getValue();
    }

    /** A new name is durable only after its folder was synced. */
    private static void syncFolder(Path folder) throws IOException {
        try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException harmless) {
            LOG.debug("closing {}: {}", file, harmless.toString());
        }
    }
}
