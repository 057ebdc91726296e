package io.millrace.broker.group;

/**
 * What a group of the classic protocol is doing:
 * <pre>
 * EMPTY      -> PREPARING  a member joined
 * PREPARING  -> COMPLETING all members joined, or the rebalance timeout passed and those who did not are out; the generation grows
 *            -> EMPTY      nobody is left
 * COMPLETING -> STABLE     the leader sent the assignments
 *            -> PREPARING  a member joined, left or died
 * STABLE     -> PREPARING  likewise, or the leader joined again
 * </pre>
 */
enum GroupState {

    EMPTY("Empty"), PREPARING("PreparingRebalance"), COMPLETING("CompletingRebalance"), STABLE("Stable");

    private final String text;

    GroupState(String text) {
        this.text = text;
    }

    /** Kafka's name. */
    @Override
    public String toString() {
        return text;
    }
}
