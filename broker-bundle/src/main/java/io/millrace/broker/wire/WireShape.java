package io.millrace.broker.wire;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.CompactArrayOf;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;

/** What a part of a message looks like in bytes, and what it costs in memory once decoded. Immutable. */
sealed interface WireShape {

    /** Passes over one of it. */
    void walk(WireWalk walk) throws MalformedRequestException;

    /** The fewest bytes that one of it has. */
    int leastBytes();

    /** @param boxed memory of one that is an element of a list */
    record Fixed(int bytes, int boxed) implements WireShape {

        @Override
        public void walk(WireWalk walk) throws MalformedRequestException {
            walk.skip(bytes);
        }

        @Override
        public int leastBytes() {
            return bytes;
        }
    }

    /** An unsigned number of one to five bytes. */
    record Varint() implements WireShape {

        @Override
        public void walk(WireWalk walk) throws MalformedRequestException {
            walk.varint();
        }

        @Override
        public int leastBytes() {
            return 1;
        }
    }

    /**
     * Text, bytes or records.
     *
     * @param wide   whether a plain length has four bytes
     * @param copied whether decoding copies the content
     */
    record Content(boolean compact, boolean wide, boolean nullable, boolean copied) implements WireShape {

        private static final int OBJECT = 56;

        @Override
        public void walk(WireWalk walk) throws MalformedRequestException {
            int length = compact ? walk.varint() - 1 : wide ? walk.int32() : walk.int16();
            if (length < 0) {
                walk.checkNull(length, nullable);
                return;
            }
            walk.skip(length);
            walk.spend(copied ? OBJECT + length : OBJECT);
        }

        @Override
        public int leastBytes() {
            return compact ? 1 : wide ? 4 : 2;
        }
    }

    record Array(boolean compact, boolean nullable, WireShape element) implements WireShape {

        private static final int OBJECT = 48;
        /** In a list, and in those that are hashed as well. */
        private static final int PER_ELEMENT = 16;

        @Override
        public void walk(WireWalk walk) throws MalformedRequestException {
            int length = compact ? walk.varint() - 1 : walk.int32();
            if (length < 0) {
                walk.checkNull(length, nullable);
                return;
            }
            walk.checkFits(length, element.leastBytes());
            walk.spend(OBJECT + (long) PER_ELEMENT * length);
            if (element instanceof Fixed fixed) {
                walk.skip(length * fixed.bytes());
                walk.spend((long) fixed.boxed() * length);
                return;
            }
            for (int i = 0; i < length; i++) {
                element.walk(walk);
            }
        }

        @Override
        public int leastBytes() {
            return compact ? 1 : 4;
        }
    }

    record Struct(WireShape[] fields, boolean nullable, int leastBytes) implements WireShape {

        private static final int OBJECT = 16;
        private static final int PER_FIELD = 8;

        @Override
        public void walk(WireWalk walk) throws MalformedRequestException {
            if (nullable && walk.int8() < 0) {
                return;
            }
            walk.spend(OBJECT + PER_FIELD * fields.length);
            for (WireShape field : fields) {
                field.walk(walk);
            }
        }
    }

    /** Fields that may be absent (KIP-482): in ascending order of their tags, each once; those of unknown tags are kept as bytes by the decoder. */
    record Tagged(Map<Integer, WireShape> known) implements WireShape {

        private static final int UNKNOWN = 64;
        private static final int LEAST = 2;

        @Override
        public void walk(WireWalk walk) throws MalformedRequestException {
            int count = walk.varint();
            if (count == 0) {
                return;
            }
            walk.checkFits(count, LEAST);
            int before = -1;
            for (int i = 0; i < count; i++) {
                int tag = walk.varint();
                if (tag <= before) {
                    throw walk.malformed("tagged field " + tag + " follows " + before + ", they must ascend");
                }
                before = tag;
                int size = walk.varint();
                WireShape shape = known.get(tag);
                if (shape == null) {
                    walk.skip(size);
                    walk.spend(UNKNOWN + size);
                } else {
                    walk.within(size, shape);
                }
            }
        }

        @Override
        public int leastBytes() {
            return 1;
        }
    }

    static WireShape of(Type type) {
        if (type instanceof Schema schema) {
            return struct(schema);
        }
        if (type instanceof TaggedFields tagged) {
            Map<Integer, WireShape> known = new HashMap<>();
            for (Map.Entry<Integer, Field> field : tagged.fields().entrySet()) {
                known.put(field.getKey(), of(field.getValue().type));
            }
            return new Tagged(known);
        }
        if (type.isArray()) {
            return new Array(type instanceof CompactArrayOf, type.isNullable(), of(type.arrayElementType().orElseThrow()));
        }
        return leaf(type);
    }

    private static Struct struct(Schema schema) {
        BoundField[] fields = schema.fields();
        WireShape[] shapes = new WireShape[fields.length];
        int least = 0;
        for (int i = 0; i < fields.length; i++) {
            shapes[i] = of(fields[i].def.type);
            least += shapes[i].leastBytes();
        }
        return new Struct(shapes, schema.isNullable(), schema.isNullable() ? 1 : least);
    }

    private static WireShape leaf(Type type) {
        if (type == Type.BOOLEAN || type == Type.INT8) {
            return new Fixed(1, 0);
        } else if (type == Type.INT16 || type == Type.UINT16) {
            return new Fixed(2, 16);
        } else if (type == Type.INT32 || type == Type.UNSIGNED_INT32) {
            return new Fixed(4, 16);
        } else if (type == Type.INT64 || type == Type.FLOAT64) {
            return new Fixed(8, 24);
        } else if (type == Type.UUID) {
            return new Fixed(16, 32);
        } else if (type == Type.VARINT) {
            return new Varint();
        } else if (type == Type.STRING || type == Type.NULLABLE_STRING) {
            return new Content(false, false, type.isNullable(), true);
        } else if (type == Type.COMPACT_STRING || type == Type.COMPACT_NULLABLE_STRING) {
            return new Content(true, false, type.isNullable(), true);
        } else if (type == Type.BYTES || type == Type.NULLABLE_BYTES) {
            return new Content(false, true, type.isNullable(), true);
        } else if (type == Type.COMPACT_BYTES || type == Type.COMPACT_NULLABLE_BYTES) {
            return new Content(true, true, type.isNullable(), true);
        } else if (type == Type.RECORDS || type == Type.NULLABLE_RECORDS) {
            return new Content(false, true, true, false);
        } else if (type == Type.COMPACT_RECORDS || type == Type.COMPACT_NULLABLE_RECORDS) {
            return new Content(true, true, true, false);
        }
        throw new IllegalArgumentException("no shape is known for the protocol type " + type);
    }
}
