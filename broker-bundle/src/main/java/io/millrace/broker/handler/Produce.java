package io.millrace.broker.handler;

import io.millrace.broker.coordinator.Decided;
import io.millrace.broker.log.PartitionLog.Appended;
import io.millrace.broker.log.PartitionLog.Origin;
import io.millrace.broker.log.RefusedRecordsException.Refused;
import io.millrace.broker.log.RefusedRecordsException;
import io.millrace.broker.log.Verification;
import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.metadata.LedPartition;
import io.millrace.broker.metadata.TopicImage;
import io.millrace.broker.metrics.Traffic;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Countdown;
import io.millrace.broker.request.Handler;
import io.millrace.broker.transaction.TransactionGate.Client;
import io.millrace.broker.transaction.TransactionGate.Entry;
import io.millrace.broker.transaction.TransactionGate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.InvalidRequiredAcksException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData.BatchIndexAndErrorMessage;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;

/**
 * Appends batches. The append happens in the order of the connection's requests; with {@code acks=all} the answer then waits for the disk,
 * once for all partitions of all requests that wait.
 */
final class Produce implements Handler {

    private static final short ALL = -1;
    private static final short NONE = 0;

    private final ClusterMetadata metadata;
    private final TransactionGate transactions;
    private final Traffic traffic;

    Produce(ClusterMetadata metadata, TransactionGate transactions, Traffic traffic) {
        this.metadata = metadata;
        this.transactions = transactions;
        this.traffic = traffic;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.PRODUCE;
    }

    @Override
    public Answer handle(Call call) {
        ProduceRequest request = call.as(ProduceRequest.class);
        short acks = request.acks();
        if (acks < ALL || acks > 1) {
            throw new InvalidRequiredAcksException("acks=" + acks + "; allowed are -1 (all), 0 and 1");
        }
        List<Part> parts = parts(call, request);
        Decided joined = null;
        try {
            joined = enterTransaction(call, request, parts);
        } catch (RuntimeException refused) {
            parts.forEach(part -> part.fail(call, refused));
        }
        for (Part part : parts) {
            append(call, part, acks);
            count(part);
        }
        if (acks == NONE) {
            parts.stream().map(part -> part.error).filter(error -> error != null).findFirst().ifPresent(error -> {
                throw error.exception();
            });
            return Answer.now(null);
        }
        return acks == ALL || joined != null ? durable(call, parts, joined, acks) : Answer.now(response(parts));
    }

    private static Durable durable(Call call, List<Part> parts, Decided joined, short acks) {
        if (joined != null) {
            joined.request();
        }
        for (Part part : parts) {
            if (part.error == null && acks == ALL) {
                if (parts.size() == 1 && joined == null) {
                    part.led.log().commit();
                } else {
                    part.led.log().requestDurable();
                }
            }
        }
        return new Durable(call, parts, joined, acks == ALL);
    }

    private List<Part> parts(Call call, ProduceRequest request) {
        List<Part> parts = new ArrayList<>();
        for (TopicProduceData topic : request.data().topicData()) {
            for (PartitionProduceData data : topic.partitionData()) {
                Part part = new Part(topic.name(), topic.topicId(), data.index());
                parts.add(part);
                try {
                    part.find(metadata, call.version());
                    ProduceRequest.validateRecords(call.version(), data.records());
                    if (!(data.records() instanceof MemoryRecords records)) {
                        throw new InvalidRecordException(part + ": there are no records");
                    }
                    part.records = records;
                } catch (RuntimeException refused) {
                    part.fail(call, refused);
                }
                // The response does not need them, and it may wait for long.
                data.setRecords(null);
            }
        }
        return parts;
    }

    /**
     * Has the transaction's coordinator asked about partitions that the transaction is not open in yet.
     *
     * @return what it decided, which must be durable before the answer; or null
     */
    private Decided enterTransaction(Call call, ProduceRequest request, List<Part> parts) {
        Client client = Client.ofProduce(call.version());
        List<Part> entering = new ArrayList<>();
        RecordBatch first = null;
        for (Part part : parts) {
            RecordBatch batch = part.records == null ? null : part.records.firstBatch();
            if (batch == null || !batch.isTransactional()) {
                continue;
            }
            if (request.transactionalId() == null) {
                throw Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED.exception("transactional batches need the request's transactional id");
            }
            if (first != null && (first.producerId() != batch.producerId() || first.producerEpoch() != batch.producerEpoch())) {
                throw Errors.INVALID_PRODUCER_ID_MAPPING.exception("one request holds batches of two transactional producers");
            }
            first = batch;
            part.verification = transactions.isAskedFor(client)
                    ? part.led.log().producers().verify(batch.producerId(), batch.producerEpoch(), batch.baseSequence(), client == Client.ADDS_BY_WRITING)
                    : Verification.NOT_REQUIRED;
            if (part.verification != null && part.verification != Verification.NOT_REQUIRED) {
                entering.add(part);
            }
        }
        if (entering.isEmpty()) {
            return null;
        }
        Entry entry = transactions.enter(request.transactionalId(), first.producerId(), first.producerEpoch(),
                entering.stream().map(part -> part.partition).toList(), client);
        for (Part part : entering) {
            Errors error = entry.errors().get(part.partition);
            if (error != Errors.NONE) {
                if (!(error.exception() instanceof RetriableException)) {
                    part.led.log().producers().refused(first.producerId(), part.verification);
                }
                part.fail(call, error.exception("transaction of " + request.transactionalId() + ", producer " + first.producerId() + " epoch "
                        + first.producerEpoch() + ", " + part.partition + ": " + error.message()));
            }
        }
        return entry.decided();
    }

    private void append(Call call, Part part, short acks) {
        if (part.error != null) {
            return;
        }
        try {
            part.bytes = part.records.sizeInBytes();
            part.appended = part.led.log().append(part.records, Origin.CLIENT, part.led.leaderEpoch(), acks == ALL, part.verification);
        } catch (RefusedRecordsException refused) {
            part.fail(call, refused.error());
            part.refused = refused.records();
            part.startOffset = part.led.log().startOffset();
        } catch (RecordTooLargeException | RecordBatchTooLargeException | CorruptRecordException | KafkaStorageException refused) {
            part.fail(call, refused);
        } catch (RuntimeException refused) {
            part.fail(call, refused);
            part.startOffset = part.led.log().startOffset();
        } finally {
            part.records = null;
        }
    }

    /** What was there already is a request but no message. */
    private void count(Part part) {
        if (part.error != null) {
            traffic.produceFailed(part.led == null ? null : part.partition.topic());
        } else {
            Appended appended = part.appended;
            traffic.appended(part.partition.topic(), appended.duplicate() ? 0 : appended.lastOffset() - appended.firstOffset() + 1,
                    appended.duplicate() ? 0 : part.bytes);
        }
    }

    private static ProduceResponse response(List<Part> parts) {
        ProduceResponseData response = new ProduceResponseData();
        TopicProduceResponse topic = null;
        for (Part part : parts) {
            if (topic == null || !topic.name().equals(part.name) || !topic.topicId().equals(part.id)) {
                topic = response.responses().find(part.name, part.id);
                if (topic == null) {
                    topic = new TopicProduceResponse().setName(part.name).setTopicId(part.id);
                    response.responses().add(topic);
                }
            }
            topic.partitionResponses().add(part.response());
        }
        return new ProduceResponse(response);
    }

    /** One partition's share of a request. */
    private static final class Part {

        private final String name;
        private final Uuid id;
        private final int index;
        private TopicPartition partition;
        private LedPartition led;
        private MemoryRecords records;
        private int bytes;
        private Appended appended;
        private Verification verification;
        private Errors error;
        private String message;
        private List<Refused> refused = List.of();
        /** Of the log, if it was asked. */
        private long startOffset = ProduceResponse.INVALID_OFFSET;

        Part(String name, Uuid id, int index) {
            this.name = name;
            this.id = id;
            this.index = index;
        }

        void find(ClusterMetadata metadata, short version) {
            String topic = name;
            if (version >= 13) {
                topic = metadata.image().topic(id).map(TopicImage::name)
                        .orElseThrow(() -> new UnknownTopicIdException("there is no topic of id " + id));
            }
            if (Topic.isInternal(topic)) {
                throw new InvalidTopicException("topic " + topic + " is internal: only the broker writes to it");
            }
            partition = new TopicPartition(topic, index);
            led = metadata.leader(partition).orElseThrow(() -> new UnknownTopicOrPartitionException("there is no partition " + partition));
        }

        void fail(Call call, RuntimeException refused) {
            error = Failure.of(call, this, refused);
            message = Failure.message(error, refused);
            records = null;
        }

        PartitionProduceResponse response() {
            PartitionProduceResponse response = new PartitionProduceResponse().setIndex(index);
            if (error != null) {
                return response.setErrorCode(error.code()).setErrorMessage(message).setBaseOffset(ProduceResponse.INVALID_OFFSET)
                        .setLogAppendTimeMs(RecordBatch.NO_TIMESTAMP).setLogStartOffset(startOffset)
                        .setRecordErrors(refused.stream().map(one -> new BatchIndexAndErrorMessage().setBatchIndex(one.index())
                                .setBatchIndexErrorMessage(one.message())).toList());
            }
            return response.setBaseOffset(appended.firstOffset()).setLogAppendTimeMs(appended.logAppendTime())
                    .setLogStartOffset(appended.startOffset());
        }

        @Override
        public String toString() {
            return partition != null ? partition.toString() : (name.isEmpty() ? id.toString() : name) + "-" + index;
        }
    }

    /**
     * @param joined what makes partitions part of a transaction, or null; their records went to disk beside it, not after it
     * @param all    whether the records must be durable, too
     */
    private record Durable(Call call, List<Part> parts, Decided joined, boolean all) implements Answer {

        @Override
        public When begin(Runnable ready) {
            Countdown countdown = new Countdown(ready);
            if (joined != null) {
                countdown.await(joined::whenDurable);
            }
            for (Part part : parts) {
                if (all && part.error == null) {
                    countdown.await(reached -> part.led.log().whenDurable(part.appended.lastOffset() + 1, reached));
                }
            }
            return countdown.begun();
        }

        @Override
        public AbstractResponse await() throws InterruptedException {
            if (joined != null) {
                try {
                    joined.awaitDurable();
                } catch (RuntimeException lost) {
                    parts.stream().filter(part -> part.error == null).forEach(part -> part.fail(call, lost));
                }
            }
            for (Part part : parts) {
                if (all && part.error == null) {
                    try {
                        part.led.log().awaitDurable(part.appended.lastOffset() + 1);
                    } catch (RuntimeException lost) {
                        part.fail(call, lost);
                    }
                }
            }
            return response(parts);
        }
    }
}
