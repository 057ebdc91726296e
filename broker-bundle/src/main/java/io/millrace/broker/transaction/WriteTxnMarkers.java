package io.millrace.broker.transaction;

import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.WritableTxnMarker;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.WriteTxnMarkersRequest;
import org.apache.kafka.common.requests.WriteTxnMarkersResponse;

/** Ends transactions in partitions, as an administrator does who aborts a hanging one. */
final class WriteTxnMarkers implements Handler {

    private final Markers markers;

    WriteTxnMarkers(Markers markers) {
        this.markers = markers;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.WRITE_TXN_MARKERS;
    }

    @Override
    public Answer handle(Call call) {
        WriteTxnMarkersRequestData request = call.as(WriteTxnMarkersRequest.class).data();
        return () -> {
            Map<Long, Map<TopicPartition, Errors>> results = new HashMap<>();
            for (WritableTxnMarker marker : request.markers()) {
                List<TopicPartition> partitions = marker.topics().stream()
                        .flatMap(topic -> topic.partitionIndexes().stream().map(index -> new TopicPartition(topic.name(), index))).toList();
                results.computeIfAbsent(marker.producerId(), _ -> new HashMap<>()).putAll(markers.write(partitions, marker.producerId(),
                        marker.producerEpoch(), marker.transactionResult(), marker.coordinatorEpoch(), marker.transactionVersion()));
            }
            return new WriteTxnMarkersResponse(results);
        };
    }
}
