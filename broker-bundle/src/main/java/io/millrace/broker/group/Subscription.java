package io.millrace.broker.group;

import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;

/**
 * Which topics the members of a group read, as they say in what they join with. A group is free to use words of its own: then nobody knows, and
 * every topic counts as read.
 *
 * @param topics null for every topic
 */
record Subscription(Set<String> topics) {

    static final Subscription NONE = new Subscription(Set.of());
    private static final Subscription UNKNOWN = new Subscription(null);

    static Subscription of(Collection<Member> members, String protocol) {
        Set<String> topics = new HashSet<>();
        for (Member member : members) {
            try {
                ByteBuffer metadata = ByteBuffer.wrap(member.metadata(protocol));
                topics.addAll(ConsumerProtocol.deserializeConsumerProtocolSubscription(metadata, ConsumerProtocol.deserializeVersion(metadata)).topics());
            } catch (RuntimeException otherWords) {
                return UNKNOWN;
            }
        }
        return new Subscription(topics);
    }

    boolean covers(String topic) {
        return topics == null || topics.contains(topic);
    }
}
