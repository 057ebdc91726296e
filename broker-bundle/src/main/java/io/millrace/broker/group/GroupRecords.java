package io.millrace.broker.group;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.TopicPartition;

/**
 * The records of {@code __consumer_offsets} in Kafka's layout, so that tools which know it can read ours: offset commits (key version 1, value
 * version 3) and groups (key version 2, value version 3).
 */
final class GroupRecords {

    private static final short OFFSET_KEY = 1;
    private static final short GROUP_KEY = 2;
    private static final short VALUE_VERSION = 3;

    private GroupRecords() {
    }

    /** What a record is about. */
    sealed interface Key {
    }

    record OffsetKey(String group, TopicPartition partition) implements Key {
    }

    record GroupKey(String group) implements Key {
    }

    /** Of a version that is not known here: passed over. */
    record UnknownKey(short version) implements Key {
    }

    record StoredMember(Member.Identity identity, byte[] subscription, byte[] assignment) {
    }

    record GroupMetadata(String protocolType, int generation, String protocol, String leader, long since, List<StoredMember> members) {
    }

    static byte[] offsetKey(String group, TopicPartition partition) {
        byte[] groupBytes = bytes(group);
        byte[] topicBytes = bytes(partition.topic());
        ByteBuffer key = ByteBuffer.allocate(2 + 2 + groupBytes.length + 2 + topicBytes.length + 4);
        key.putShort(OFFSET_KEY);
        putString(key, groupBytes);
        putString(key, topicBytes);
        return key.putInt(partition.partition()).array();
    }

    static byte[] groupKey(String group) {
        byte[] groupBytes = bytes(group);
        ByteBuffer key = ByteBuffer.allocate(2 + 2 + groupBytes.length).putShort(GROUP_KEY);
        putString(key, groupBytes);
        return key.array();
    }

    static Key key(ByteBuffer key) {
        short version = key.getShort();
        return switch (version) {
            case 0, OFFSET_KEY -> new OffsetKey(string(key), new TopicPartition(string(key), key.getInt()));
            case GROUP_KEY -> new GroupKey(string(key));
            default -> new UnknownKey(version);
        };
    }

    static byte[] offset(CommittedOffset committed) {
        byte[] metadata = bytes(committed.metadata());
        ByteBuffer value = ByteBuffer.allocate(2 + 8 + 4 + 2 + metadata.length + 8).putShort(VALUE_VERSION)
                .putLong(committed.offset()).putInt(committed.leaderEpoch());
        putString(value, metadata);
        return value.putLong(committed.committedAt()).array();
    }

    static CommittedOffset offset(ByteBuffer value) {
        checkVersion("offset commit", value.getShort());
        return new CommittedOffset(value.getLong(), value.getInt(), string(value), value.getLong());
    }

    static byte[] group(Group group) {
        List<Member> members = List.copyOf(group.members());
        String type = group.generation().protocolType() == null ? "" : group.generation().protocolType();
        int size = 2 + size(type) + 4 + size(group.generation().protocol()) + size(group.generation().leader()) + 8 + 4;
        for (Member member : members) {
            Member.Identity who = member.identity();
            size += size(who.id()) + size(who.instanceId()) + size(who.clientId()) + size(who.clientHost()) + 4 + 4
                    + 4 + member.metadata(group.generation().protocol()).length + 4 + member.assignment().length;
        }
        ByteBuffer value = ByteBuffer.allocate(size).putShort(VALUE_VERSION);
        putString(value, bytes(type));
        value.putInt(group.generation().number());
        putString(value, bytes(group.generation().protocol()));
        putString(value, bytes(group.generation().leader()));
        value.putLong(group.since()).putInt(members.size());
        for (Member member : members) {
            Member.Identity who = member.identity();
            putString(value, bytes(who.id()));
            putString(value, bytes(who.instanceId()));
            putString(value, bytes(who.clientId()));
            putString(value, bytes(who.clientHost()));
            value.putInt(who.rebalanceTimeoutMs()).putInt(who.sessionTimeoutMs());
            putBytes(value, member.metadata(group.generation().protocol()));
            putBytes(value, member.assignment());
        }
        return value.array();
    }

    static GroupMetadata group(ByteBuffer value) {
        checkVersion("group", value.getShort());
        String type = string(value);
        int generation = value.getInt();
        String protocol = string(value);
        String leader = string(value);
        long since = value.getLong();
        int count = value.getInt();
        List<StoredMember> members = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String id = string(value);
            String instance = string(value);
            String clientId = string(value);
            String host = string(value);
            int rebalanceTimeout = value.getInt();
            int sessionTimeout = value.getInt();
            members.add(new StoredMember(new Member.Identity(id, instance, clientId, host, sessionTimeout, rebalanceTimeout), binary(value), binary(value)));
        }
        return new GroupMetadata(type, generation, protocol, leader, since, members);
    }

    private static void checkVersion(String what, short version) {
        if (version != VALUE_VERSION) {
            throw new IllegalStateException("a " + what + " of version " + version + " is in the log; this release reads " + VALUE_VERSION);
        }
    }

    private static byte[] bytes(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    private static int size(String text) {
        return 2 + (text == null ? 0 : bytes(text).length);
    }

    private static void putString(ByteBuffer target, byte[] text) {
        if (text == null) {
            target.putShort((short) -1);
        } else {
            target.putShort((short) text.length).put(text);
        }
    }

    private static void putBytes(ByteBuffer target, byte[] bytes) {
        target.putInt(bytes.length).put(bytes);
    }

    private static String string(ByteBuffer source) {
        int length = source.getShort();
        if (length < 0) {
            return null;
        }
        byte[] text = new byte[length];
        source.get(text);
        return new String(text, StandardCharsets.UTF_8);
    }

    private static byte[] binary(ByteBuffer source) {
        byte[] bytes = new byte[source.getInt()];
        source.get(bytes);
        return bytes;
    }
}
