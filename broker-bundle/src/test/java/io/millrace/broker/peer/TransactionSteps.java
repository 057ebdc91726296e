package io.millrace.broker.peer;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopicCollection;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransaction;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransactionCollection;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData;
import org.apache.kafka.common.message.DescribeProducersRequestData.TopicRequestCollection;
import org.apache.kafka.common.message.DescribeProducersRequestData;
import org.apache.kafka.common.message.DescribeProducersResponseData;
import org.apache.kafka.common.message.DescribeTransactionsRequestData;
import org.apache.kafka.common.message.DescribeTransactionsResponseData;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;

/** What scenes of transactions are made of. */
abstract class TransactionSteps extends Scenes {

    TransactionSteps(Comparison comparison) {
        super(comparison);
    }

    void add(String what, int version, String id, String name, int epochMore, boolean verify, String topic,
            Integer... partitions) throws IOException {
        ask(what, ApiKeys.ADD_PARTITIONS_TO_TXN, version, side -> {
            AddPartitionsToTxnTopicCollection topics = new AddPartitionsToTxnTopicCollection();
            topics.add(new AddPartitionsToTxnTopic().setName(topic.equals("nowhere") ? topic : side.name(topic))
                    .setPartitions(Arrays.asList(partitions)));
            short epoch = (short) (side.epoch(name) + epochMore);
            if (version < 4) {
                return new AddPartitionsToTxnRequestData().setV3AndBelowTransactionalId(id.isEmpty() ? id : side.name(id))
                        .setV3AndBelowProducerId(side.id(name))
                        .setV3AndBelowProducerEpoch(epoch).setV3AndBelowTopics(topics);
            }
            AddPartitionsToTxnTransactionCollection all = new AddPartitionsToTxnTransactionCollection();
            all.add(new AddPartitionsToTxnTransaction().setTransactionalId(id.isEmpty() ? id : side.name(id)).setProducerId(side.id(name))
                    .setProducerEpoch(epoch)
                    .setVerifyOnly(verify).setTopics(topics));
            return new AddPartitionsToTxnRequestData().setTransactions(all);
        });
    }

    void end(String what, int version, String id, String name, int epochMore, boolean commit) throws IOException {
        ask(what, ApiKeys.END_TXN, version, side -> new EndTxnRequestData().setTransactionalId(id.isEmpty() ? id : side.name(id))
                .setProducerId(side.id(name))
                .setProducerEpoch((short) (side.epoch(name) + epochMore)).setCommitted(commit), (side, answer) -> {
                    EndTxnResponseData ended = (EndTxnResponseData) answer;
                    if (version >= 5 && ended.errorCode() == 0) {
                        if (side.id(name) != ended.producerId()) {
                            side.values.put(name + " rotated", side.id(name));
                        }
                        side.values.put(name, ended.producerId());
                        side.values.put(name + " epoch", ended.producerEpoch());
                    }
                });
    }

    void look(String what, String id, String topic) throws IOException {
        ask(what, ApiKeys.DESCRIBE_TRANSACTIONS, 0, side -> new DescribeTransactionsRequestData().setTransactionalIds(List.of(side.name(id),
                "nobody")),
                (_, answer) -> ((DescribeTransactionsResponseData) answer).transactionStates().forEach(state -> state.topics()
                        .forEach(one -> one.setPartitions(one.partitions().stream().sorted().toList()))));
        ask(what, ApiKeys.DESCRIBE_PRODUCERS, 0, side -> new DescribeProducersRequestData().setTopics(new TopicRequestCollection(List.of(
                new DescribeProducersRequestData.TopicRequest().setName(side.name(topic)).setPartitionIndexes(List.of(0, 1))).iterator())),
                (_, answer) -> sorted(((DescribeProducersResponseData) answer)));
        for (byte isolation = 0; isolation < 2; isolation++) {
            byte level = isolation;
            ask(what + " isolation " + isolation, ApiKeys.FETCH, 12, side -> fetch(side, 12, topic, 0, 0, level, -1));
            ask(what + " isolation " + isolation, ApiKeys.LIST_OFFSETS, 7, side -> listOffsets(side, 7, topic, 0, -1, -1, level));
        }
    }

    /** Until none of them is under way any more. */
    void awaitEnds(List<String> ids) throws IOException {
        comparison.await("the end of the transactions " + ids, ApiKeys.DESCRIBE_TRANSACTIONS, 0,
                side -> new DescribeTransactionsRequestData().setTransactionalIds(ids.stream().map(side::name).toList()),
                answer -> ((DescribeTransactionsResponseData) answer).transactionStates().stream()
                        .allMatch(state -> state.transactionState().startsWith("Complete")));
    }

    private static void sorted(DescribeProducersResponseData answer) {
        answer.topics().forEach(topic -> topic.partitions().forEach(partition -> {
            partition.activeProducers().sort(java.util.Comparator.comparingLong(one -> one.producerId()));
            // Terms of the coordinator begin at each broker's own number.
            partition.activeProducers().forEach(one -> one.setCoordinatorEpoch(Math.min(0, one.coordinatorEpoch())));
        }));
    }

    void list(String what) throws IOException {
        for (int version = 0; version <= 2; version++) {
            List<UnaryOperator<ListTransactionsRequestData>> filters = new ArrayList<>(List.of(data -> data, data ->
                    data.setStateFilters(List.of("CompleteCommit", "Nonsense")),
                    data -> data.setStateFilters(List.of("Ongoing")), data -> data.setStateFilters(List.of("PrepareEpochFence", "Dead",
                            "completecommit"))));
            if (version >= 1) {
                filters.add(data -> data.setDurationFilter(0));
                filters.add(data -> data.setDurationFilter(100_000_000));
            }
            if (version >= 2) {
                filters.add(data -> data.setTransactionalIdPattern("old[01].*"));
                filters.add(data -> data.setTransactionalIdPattern(".*"));
                filters.add(data -> data.setTransactionalIdPattern(""));
                filters.add(data -> data.setTransactionalIdPattern("old"));
                filters.add(data -> data.setTransactionalIdPattern("(unclosed"));
                filters.add(data -> data.setTransactionalIdPattern("(a)\\1"));
                filters.add(data -> data.setTransactionalIdPattern("(?=a)"));
            }
            int number = 0;
            for (UnaryOperator<ListTransactionsRequestData> filter : filters) {
                ask(what + " filter " + number++, ApiKeys.LIST_TRANSACTIONS, version, _ -> filter.apply(new ListTransactionsRequestData()),
                        (side, answer) -> {
                            var states = ((ListTransactionsResponseData) answer).transactionStates();
                            states.removeIf(one -> !one.transactionalId().endsWith(side.run));
                            states.sort(java.util.Comparator.comparing(one -> one.transactionalId()));
                        });
            }
        }
    }
}
