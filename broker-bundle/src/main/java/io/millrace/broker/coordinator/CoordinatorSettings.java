package io.millrace.broker.coordinator;

import java.util.Map;

/**
 * Limits and times of the coordinators, under Kafka's names.
 *
 * @param offsetsPartitions          partitions of {@code __consumer_offsets}, when it is created
 * @param transactionPartitions      partitions of {@code __transaction_state}, when it is created
 * @param initialRebalanceDelayMs    how long an empty group waits for more members
 * @param minSessionTimeoutMs        shortest session a member may ask for
 * @param maxSessionTimeoutMs        longest session a member may ask for
 * @param offsetsRetentionMs         how long offsets of a group without members are kept
 * @param maxOffsetMetadataBytes     longest metadata of a committed offset
 * @param maxTransactionTimeoutMs    longest transaction a producer may ask for
 * @param transactionalIdRetentionMs how long an idle transactional id is kept
 * @param expiredIdCheckMs          how often it is looked for those that were idle for longer
 * @param verifiesPartitions         whether a client that adds partitions to transactions beforehand is checked to have done so
 */
public record CoordinatorSettings(int offsetsPartitions, int transactionPartitions, int initialRebalanceDelayMs, int minSessionTimeoutMs,
        int maxSessionTimeoutMs, long offsetsRetentionMs, int maxOffsetMetadataBytes, int maxTransactionTimeoutMs, long transactionalIdRetentionMs,
        int expiredIdCheckMs, boolean verifiesPartitions) {

    public static CoordinatorSettings standard() {
        return new CoordinatorSettings(4, 4, 3_000, 6_000, 1_800_000, 7L * 24 * 3_600_000, 4_096, 900_000, 7L * 24 * 3_600_000, 3_600_000, true);
    }

    /** @param values by the broker's configuration keys; what is not there has its standard value */
    public static CoordinatorSettings of(Map<String, String> values) {
        CoordinatorSettings usual = standard();
        return new CoordinatorSettings(
                (int) number(values, "offsets.topic.num.partitions", usual.offsetsPartitions, 1),
                (int) number(values, "transaction.state.log.num.partitions", usual.transactionPartitions, 1),
                (int) number(values, "group.initial.rebalance.delay.ms", usual.initialRebalanceDelayMs, 0),
                (int) number(values, "group.min.session.timeout.ms", usual.minSessionTimeoutMs, 1),
                (int) number(values, "group.max.session.timeout.ms", usual.maxSessionTimeoutMs, 1),
                number(values, "offsets.retention.minutes", usual.offsetsRetentionMs / 60_000, 1) * 60_000,
                (int) number(values, "offset.metadata.max.bytes", usual.maxOffsetMetadataBytes, 0),
                (int) number(values, "transaction.max.timeout.ms", usual.maxTransactionTimeoutMs, 1),
                number(values, "transactional.id.expiration.ms", usual.transactionalIdRetentionMs, 1),
                (int) number(values, "transaction.remove.expired.transaction.cleanup.interval.ms", usual.expiredIdCheckMs, 1),
                !"false".equals(values.get("transaction.partition.verification.enable")));
    }

    private static long number(Map<String, String> values, String key, long usual, int min) {
        String value = values.get(key);
        if (value == null) {
            return usual;
        }
        try {
            long number = Long.parseLong(value.strip());
            if (number >= min && number <= Integer.MAX_VALUE) {
                return number;
            }
        } catch (NumberFormatException _) {
            // Told below.
        }
        throw new IllegalStateException(key + "=" + value + " is no number from " + min + " to " + Integer.MAX_VALUE + "; correct it in millrace.properties");
    }
}
