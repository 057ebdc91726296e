package io.millrace.broker.wire;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.CompactArrayOf;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** Frames of well-formed requests with random content, of any API and version, made from the protocol's schemas; and of damaged ones. */
public final class RandomRequests {

    private final Random random;

    public RandomRequests(Random random) {
        this.random = random;
    }

    /** A header and a body. */
    public byte[] frame(ApiKeys api, short version) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeShort(api.id);
            out.writeShort(version);
            out.writeInt(random.nextInt());
            Schema header = RequestHeaderData.SCHEMAS[api.requestHeaderVersion(version)];
            for (int i = 3; i < header.numFields(); i++) {
                write(header.get(i).def.type, out, 0);
            }
            write(api.messageType.requestSchemas()[version], out, 0);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return bytes.toByteArray();
    }

    /** The frame with a few bytes changed as an attacker or a bad line would. */
    public byte[] damaged(byte[] frame) {
        byte[] bytes = frame.clone();
        for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
            int at = 4 + random.nextInt(bytes.length - 4);
            switch (random.nextInt(5)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt();
                case 2 -> {
                    // A length that is almost anything, as an int or a varint.
                    byte[] extreme = EXTREMES[random.nextInt(EXTREMES.length)];
                    System.arraycopy(extreme, 0, bytes, at, Math.min(extreme.length, bytes.length - at));
                }
                case 3 -> bytes = java.util.Arrays.copyOf(bytes, Math.max(8, at));
                default -> bytes = java.util.Arrays.copyOf(bytes, bytes.length + random.nextInt(64));
            }
        }
        return bytes;
    }

    private static final byte[][] EXTREMES = {
        {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff}, {0x7f, (byte) 0xff, (byte) 0xff, (byte) 0xff}, {(byte) 0x80, 0, 0, 0}, {0, 0x0f, 0x42, 0x40},
        {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x0f}, {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x07}, {(byte) 0x81, 0}, {0, 0, 1, 0},
        {(byte) 0xc0, (byte) 0x84, 0x3d}, {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff},
    };

    private void write(Type type, DataOutputStream out, int depth) throws IOException {
        if (type instanceof Schema schema) {
            if (schema.isNullable()) {
                boolean there = random.nextBoolean();
                out.writeByte(there ? 1 : -1);
                if (!there) {
                    return;
                }
            }
            for (BoundField field : schema.fields()) {
                write(field.def.type, out, depth);
            }
        } else if (type instanceof TaggedFields tagged) {
            tagged(tagged, out, depth);
        } else if (type.isArray()) {
            int length = type.isNullable() && random.nextInt(8) == 0 ? -1 : random.nextInt(depth > 1 ? 3 : 5);
            if (type instanceof CompactArrayOf) {
                varint(length + 1, out);
            } else {
                out.writeInt(length);
            }
            for (int i = 0; i < length; i++) {
                write(type.arrayElementType().orElseThrow(), out, depth + 1);
            }
        } else {
            leaf(type, out);
        }
    }

    private void tagged(TaggedFields type, DataOutputStream out, int depth) throws IOException {
        TreeMap<Integer, byte[]> fields = new TreeMap<>();
        for (Map.Entry<Integer, Field> field : type.fields().entrySet()) {
            if (random.nextBoolean()) {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                write(field.getValue().type, new DataOutputStream(bytes), depth + 1);
                fields.put(field.getKey(), bytes.toByteArray());
            }
        }
        if (random.nextInt(10) == 0) {
            fields.put(1000 + random.nextInt(100_000), new byte[random.nextInt(20)]);
        }
        varint(fields.size(), out);
        for (Map.Entry<Integer, byte[]> field : fields.entrySet()) {
            varint(field.getKey(), out);
            varint(field.getValue().length, out);
            out.write(field.getValue());
        }
    }

    private void leaf(Type type, DataOutputStream out) throws IOException {
        String name = type.toString();
        boolean absent = type.isNullable() && random.nextInt(4) == 0;
        switch (name) {
            case "BOOLEAN" -> out.writeByte(random.nextInt(2));
            case "INT8" -> out.writeByte(random.nextInt(3));
            case "INT16", "UINT16" -> out.writeShort(random.nextInt(4) - 1);
            case "INT32", "UNSIGNED_INT32", "UINT32" -> out.writeInt(random.nextInt(100) - 1);
            case "INT64" -> out.writeLong(random.nextInt(1000) - 1);
            case "FLOAT64" -> out.writeDouble(random.nextDouble());
            case "UUID" -> {
                out.writeLong(random.nextLong());
                out.writeLong(random.nextLong());
            }
            case "STRING", "NULLABLE_STRING" -> {
                byte[] text = text();
                out.writeShort(absent ? -1 : text.length);
                out.write(absent ? new byte[0] : text);
            }
            case "COMPACT_STRING", "COMPACT_NULLABLE_STRING" -> compact(absent ? null : text(), out);
            case "BYTES", "NULLABLE_BYTES" -> plain(absent ? null : text(), out);
            case "COMPACT_BYTES", "COMPACT_NULLABLE_BYTES" -> compact(absent ? null : text(), out);
            case "RECORDS", "NULLABLE_RECORDS" -> plain(absent ? null : records(), out);
            case "COMPACT_RECORDS", "COMPACT_NULLABLE_RECORDS" -> compact(absent ? null : records(), out);
            default -> throw new IllegalArgumentException("cannot write a " + name);
        }
    }

    private byte[] text() {
        return "abc-".repeat(random.nextInt(4)).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] records() {
        MemoryRecords records = MemoryRecords.withRecords(Compression.NONE, new SimpleRecord("key".getBytes(), "value".getBytes()));
        byte[] bytes = new byte[records.sizeInBytes()];
        records.buffer().get(bytes);
        return bytes;
    }

    private static void plain(byte[] content, DataOutputStream out) throws IOException {
        out.writeInt(content == null ? -1 : content.length);
        out.write(content == null ? new byte[0] : content);
    }

    private static void compact(byte[] content, DataOutputStream out) throws IOException {
        varint(content == null ? 0 : content.length + 1, out);
        out.write(content == null ? new byte[0] : content);
    }

    private static void varint(int value, DataOutputStream out) throws IOException {
        int rest = value;
        while ((rest & ~0x7f) != 0) {
            out.writeByte(rest & 0x7f | 0x80);
            rest >>>= 7;
        }
        out.writeByte(rest);
    }
}
