package io.millrace.broker.group;

import io.millrace.broker.coordinator.Decided;
import io.millrace.broker.coordinator.DurableAnswer;
import io.millrace.broker.coordinator.Shard;
import io.millrace.broker.group.Membership.Committer;
import io.millrace.broker.log.Verification;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import io.millrace.broker.transaction.TransactionGate.Client;
import io.millrace.broker.transaction.TransactionGate.Entry;
import io.millrace.broker.transaction.TransactionGate;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestPartition;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData.TxnOffsetCommitResponsePartition;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData.TxnOffsetCommitResponseTopic;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.TxnOffsetCommitRequest;
import org.apache.kafka.common.requests.TxnOffsetCommitResponse;

/** Stores positions of a group as part of a transaction: they are in force when it commits. */
final class TxnOffsetCommit implements Handler {

    private final GroupCoordinator groups;
    private final TransactionGate transactions;

    TxnOffsetCommit(GroupCoordinator groups, TransactionGate transactions) {
        this.groups = groups;
        this.transactions = transactions;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.TXN_OFFSET_COMMIT;
    }

    @Override
    public Answer handle(Call call) {
        TxnOffsetCommitRequestData request = call.as(TxnOffsetCommitRequest.class).data();
        if (request.groupId().isEmpty()) {
            throw Errors.INVALID_GROUP_ID.exception();
        }
        Shard<GroupShard> shard = groups.shards().of(request.groupId());
        List<Decided> decided = new ArrayList<>();
        Verification verification = enter(call, request, shard, decided);
        Committer committer = new Committer(request.memberId(), request.groupInstanceId(), request.generationIdOrMemberEpoch());
        TxnOffsetCommitResponseData response = shard.decide((state, journal) -> {
            Errors refused = shard.isVerified(request.producerId(), request.producerEpoch(), verification)
                    ? state.membership().admit(request.groupId(), committer, true, journal) : Errors.INVALID_TXN_STATE;
            TxnOffsetCommitResponseData results = new TxnOffsetCommitResponseData();
            for (TxnOffsetCommitRequestTopic topic : request.topics()) {
                String name = groups.topicName(call.version() >= 6, topic.topicId(), topic.name());
                TxnOffsetCommitResponseTopic result = new TxnOffsetCommitResponseTopic().setName(name == null ? "" : name).setTopicId(topic.topicId());
                for (TxnOffsetCommitRequestPartition one : topic.partitions()) {
                    Errors error = refused != Errors.NONE ? refused : groups.check(name, one.partitionIndex(), one.committedMetadata());
                    if (error == Errors.NONE) {
                        state.offsets().commitInTransaction(request.producerId(), request.producerEpoch(), request.groupId(),
                                new TopicPartition(name, one.partitionIndex()), new CommittedOffset(one.committedOffset(), one.committedLeaderEpoch(),
                                        one.committedMetadata() == null ? "" : one.committedMetadata(), journal.now()), journal);
                    }
                    result.partitions().add(new TxnOffsetCommitResponsePartition().setPartitionIndex(one.partitionIndex()).setErrorCode(error.code()));
                }
                results.topics().add(result);
            }
            return results;
        });
        decided.add(shard.decided());
        decided.forEach(Decided::request);
        return new DurableAnswer(decided, new TxnOffsetCommitResponse(response));
    }

    /**
     * Has the transaction's coordinator asked, unless the transaction is open in the group's partition already.
     *
     * @param decided gets what must be durable before the answer
     */
    private Verification enter(Call call, TxnOffsetCommitRequestData request, Shard<GroupShard> shard, List<Decided> decided) {
        Client client = Client.ofTxnOffsetCommit(call.version());
        if (!transactions.isAskedFor(client)) {
            return Verification.NOT_REQUIRED;
        }
        Verification verification = shard.verify(request.producerId(), request.producerEpoch());
        if (verification == null) {
            return null;
        }
        Entry entry = transactions.enter(request.transactionalId(), request.producerId(), request.producerEpoch(), List.of(shard.partition()), client);
        Errors error = entry.errors().get(shard.partition());
        if (error == Errors.NONE) {
            if (entry.decided() != null) {
                decided.add(entry.decided());
            }
            return verification;
        }
        if (!(error.exception() instanceof RetriableException)) {
            shard.refused(request.producerId(), verification);
        }
        throw (error == Errors.NOT_ENOUGH_REPLICAS ? Errors.COORDINATOR_LOAD_IN_PROGRESS : error).exception("transaction of " + request.transactionalId()
                + ", producer " + request.producerId() + " epoch " + request.producerEpoch() + ": " + error.message());
    }
}
