package io.millrace.broker.metadata;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;

/** Metadata records as bytes: a type, the version of its layout, its fields. */
final class RecordCodec {

    /** In bytes of UTF-8, as {@link DataOutputStream#writeUTF} has it. */
    static final int LONGEST_STRING = 65_535;
    private static final byte VERSION = 0;
    private static final byte LEADER_STARTED = 1;
    private static final byte TOPIC_CREATED = 2;
    private static final byte TOPIC_DELETED = 3;
    private static final byte PARTITIONS_ADDED = 4;
    private static final byte TOPIC_CONFIGURED = 5;
    private static final byte STARTS_COUNTED = 6;
    private static final byte QUOTAS_SET = 20;
    private static final byte RESOURCE_CONFIGURED = 30;

    private RecordCodec() {
    }

    static byte[] encode(MetadataRecord record) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);
        DataOutputStream out = new DataOutputStream(bytes);
        switch (record) {
            case MetadataRecord.LeaderStarted started -> {
                type(out, LEADER_STARTED);
                out.writeInt(started.nodeId());
            }
            case MetadataRecord.TopicCreated created -> {
                type(out, TOPIC_CREATED);
                id(out, created.id());
                out.writeUTF(created.name());
                out.writeInt(created.partitions());
                out.writeInt(created.bornAt());
                config(out, created.config());
            }
            case MetadataRecord.TopicDeleted deleted -> {
                type(out, TOPIC_DELETED);
                id(out, deleted.id());
            }
            case MetadataRecord.PartitionsAdded added -> {
                type(out, PARTITIONS_ADDED);
                id(out, added.id());
                out.writeInt(added.partitions());
            }
            case MetadataRecord.TopicConfigured configured -> {
                type(out, TOPIC_CONFIGURED);
                id(out, configured.id());
                config(out, configured.config());
            }
            case MetadataRecord.ResourceConfigured configured -> {
                type(out, RESOURCE_CONFIGURED);
                out.writeByte(configured.resource().type().id());
                out.writeUTF(configured.resource().name());
                config(out, configured.config());
            }
            case MetadataRecord.StartsCounted counted -> {
                type(out, STARTS_COUNTED);
                out.writeInt(counted.starts());
            }
            case MetadataRecord.QuotasSet set -> {
                type(out, QUOTAS_SET);
                quotas(out, set);
            }
        }
        return bytes.toByteArray();
    }

    /** @throws IOException for a type or version of a later release, or fields that end early */
    static MetadataRecord decode(DataInputStream in) throws IOException {
        byte type = in.readByte();
        byte version = in.readByte();
        if (version != VERSION) {
            throw new IOException("record type " + type + " has layout version " + version + ", known is " + VERSION + "; it was written by a later release");
        }
        return switch (type) {
            case LEADER_STARTED -> new MetadataRecord.LeaderStarted(in.readInt());
            case TOPIC_CREATED -> new MetadataRecord.TopicCreated(id(in), in.readUTF(), in.readInt(), in.readInt(), config(in));
            case TOPIC_DELETED -> new MetadataRecord.TopicDeleted(id(in));
            case PARTITIONS_ADDED -> new MetadataRecord.PartitionsAdded(id(in), in.readInt());
            case TOPIC_CONFIGURED -> new MetadataRecord.TopicConfigured(id(in), config(in));
            case STARTS_COUNTED -> new MetadataRecord.StartsCounted(in.readInt());
            case QUOTAS_SET -> quotas(in);
            case RESOURCE_CONFIGURED -> new MetadataRecord.ResourceConfigured(
                    new ConfigResource(ConfigResource.Type.forId(in.readByte()), in.readUTF()), config(in));
            default -> throw new IOException("record type " + type + " is unknown; it was written by a later release");
        };
    }

    private static void type(DataOutputStream out, byte type) throws IOException {
        out.writeByte(type);
        out.writeByte(VERSION);
    }

    private static void id(DataOutputStream out, Uuid id) throws IOException {
        out.writeLong(id.getMostSignificantBits());
        out.writeLong(id.getLeastSignificantBits());
    }

    private static Uuid id(DataInputStream in) throws IOException {
        return new Uuid(in.readLong(), in.readLong());
    }

    private static void config(DataOutputStream out, Map<String, String> config) throws IOException {
        out.writeInt(config.size());
        for (Map.Entry<String, String> entry : new TreeMap<>(config).entrySet()) {
            out.writeUTF(entry.getKey());
            out.writeUTF(entry.getValue());
        }
    }

    private static Map<String, String> config(DataInputStream in) throws IOException {
        int size = in.readInt();
        Map<String, String> config = new TreeMap<>();
        for (int i = 0; i < size; i++) {
            config.put(in.readUTF(), in.readUTF());
        }
        return config;
    }

    private static void quotas(DataOutputStream out, MetadataRecord.QuotasSet set) throws IOException {
        out.writeInt(set.entity().size());
        for (Map.Entry<String, String> part : new TreeMap<>(set.entity()).entrySet()) {
            out.writeUTF(part.getKey());
            out.writeBoolean(part.getValue() != null);
            if (part.getValue() != null) {
                out.writeUTF(part.getValue());
            }
        }
        out.writeInt(set.values().size());
        for (Map.Entry<String, Double> value : new TreeMap<>(set.values()).entrySet()) {
            out.writeUTF(value.getKey());
            out.writeDouble(value.getValue());
        }
    }

    private static MetadataRecord quotas(DataInputStream in) throws IOException {
        Map<String, String> entity = new TreeMap<>();
        for (int parts = in.readInt(); parts > 0; parts--) {
            entity.put(in.readUTF(), in.readBoolean() ? in.readUTF() : null);
        }
        Map<String, Double> values = new TreeMap<>();
        for (int keys = in.readInt(); keys > 0; keys--) {
            values.put(in.readUTF(), in.readDouble());
        }
        return new MetadataRecord.QuotasSet(entity, values);
    }
}
