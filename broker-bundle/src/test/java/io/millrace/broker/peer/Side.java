package io.millrace.broker.peer;

import io.millrace.broker.WireClient;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.Records;

/** One of two brokers that are asked the same, with what it chose so far. */
final class Side {

    private static final Pattern NOW = Pattern.compile("=(\\d{13})\\b");

    private final String address;
    final String run;
    final Map<String, Uuid> topics = new LinkedHashMap<>();
    final Map<String, Object> values = new LinkedHashMap<>();
    private WireClient client;

    Side(String address, String run) throws IOException {
        this.address = address;
        this.run = run;
        client = new WireClient(address);
    }

    String name(String name) {
        return name + "-" + run;
    }

    Uuid topicId(String name) {
        return topics.get(name);
    }

    long id(String name) {
        return (long) values.getOrDefault(name, -1L);
    }

    short epoch(String name) {
        return (short) values.getOrDefault(name + " epoch", (short) -1);
    }

    /** The answer's text with the broker's own choices replaced by what they stand for. */
    String normal(String text) {
        String normal = text;
        for (Map.Entry<String, Uuid> topic : topics.entrySet()) {
            normal = normal.replace(topic.getValue().toString(), "<" + topic.getKey() + ">");
        }
        for (Map.Entry<String, Object> value : values.entrySet()) {
            if (value.getValue() instanceof Long) {
                normal = (long) value.getValue() == 0 ? normal
                        : normal.replaceAll("(?i)(producerId=)" + value.getValue() + "\\b", "$1<" + value.getKey() + ">");
            }
        }
        // Times of the brokers' own, not those of records.
        normal = NOW.matcher(normal).replaceAll(found ->
                Math.abs(Long.parseLong(found.group(1)) - Scenes.DAY_1) < 3_500_000 ? found.group() : "=<now>");
        // Texts may differ: an error's text, which may be null, ends before the next field.
        normal = normal.replaceAll("(errorMessage|batchIndexErrorMessage)=(null|'.*?'(?=[,)]))", "$1=...");
        return normal.replaceAll("producerId=0\\b", "producerId=...").replaceAll("port=\\d+", "port=...").replaceAll("host='[^']*'", "host=...");
    }

    String ask(ApiKeys api, int version, Function<Side, ApiMessage> request, BiConsumer<Side, ApiMessage> took) throws IOException {
        for (int attempt = 0; ; attempt++) {
            try {
                ApiMessage answer = client.call(api, version, request.apply(this));
                String text = text(answer);
                // What a broker is still busy with shows up later.
                if (attempt < 50 && text.matches("(?s).*[eE]rrorCode=(51|14|15|16)\\b.*")) {
                    Thread.sleep(50);
                    continue;
                }
                took.accept(this, answer);
                return normal(answer instanceof FetchResponseData ? text : answer.toString());
            } catch (SocketTimeoutException | EOFException | SocketException unanswered) {
                client.close();
                client = new WireClient(address);
                return unanswered instanceof SocketTimeoutException ? "no answer" : "connection closed";
            } catch (InterruptedException stopped) {
                throw new IllegalStateException(stopped);
            }
        }
    }

    private static String text(ApiMessage answer) {
        if (answer instanceof FetchResponseData fetched) {
            StringBuilder records = new StringBuilder();
            fetched.responses().forEach(topic -> topic.partitions().forEach(partition -> {
                if (partition.records() instanceof Records read) {
                    records.append(" bytes ").append(read.sizeInBytes());
                    for (RecordBatch batch : read.batches()) {
                        records.append(' ').append(batch.baseOffset()).append('-').append(batch.lastOffset())
                                .append(batch.isControlBatch() ? "c" : "")
                                .append(batch.isTransactional() ? "t" : "").append('e').append(batch.producerEpoch());
                    }
                }
                partition.setRecords(null);
            }));
            return answer + "," + records.append(".");
        }
        return answer.toString();
    }
}
