package io.millrace.broker.network;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.RequestHeader;

/**
 * What connections cost a broker that runs as a process of its own: how fast they are accepted, memory and processor time of idle ones, and how
 * quickly one busy client and 200 are served beside them. Needs the {@code jcmd} of the JDK, and a broker that creates topics when asked.
 * Arguments: HOST:PORT, the broker's process id, and how many idle connections there shall be, one number after another.
 */
public final class ConnectionGrowth {

    private static final String TOPIC = "growth";
    private static final int BUSY = 200;
    private static final int RECORD = 1024;

    private final InetSocketAddress broker;
    private final long process;
    private final List<SocketChannel> idle = new ArrayList<>();

    private ConnectionGrowth(InetSocketAddress broker, long process) {
        this.broker = broker;
        this.process = process;
    }

    public static void main(String[] arguments) throws Exception {
        String[] address = arguments[0].split(":");
        ConnectionGrowth growth = new ConnectionGrowth(new InetSocketAddress(address[0], Integer.parseInt(address[1])), Long.parseLong(arguments[1]));
        growth.warmUp();
        System.out.println("idle | accepted/s | RSS MB | heap MB | idle CPU % | one acks=1 p50/p99/p99.9 us | one acks=all p50/p99/p99.9 us"
                + " | 200 acks=1: requests/s p50/p99 us, CPU us each");
        for (String count : Arrays.copyOfRange(arguments, 2, arguments.length)) {
            growth.measure(Integer.parseInt(count));
        }
    }

    private void warmUp() throws Exception {
        busy(BUSY, TimeUnit.SECONDS.toNanos(8));
        busy(1, TimeUnit.SECONDS.toNanos(3));
    }

    private void measure(int count) throws Exception {
        long began = System.nanoTime();
        int more = count - idle.size();
        while (idle.size() < count) {
            idle.add(connect());
        }
        double accepted = more * 1e9 / (System.nanoTime() - began);
        jcmd("GC.run");
        jcmd("GC.run");
        double heap = heapMegabytes();
        double rss = rssMegabytes();
        long ticks = ticks();
        Thread.sleep(8000);
        double idlePercent = (ticks() - ticks) / 8.0;
        String one = sequential(8000, (short) 1);
        String durable = sequential(1500, (short) -1);
        System.out.printf("%d | %.0f | %.0f | %.1f | %.1f | %s | %s | %s%n", count, accepted, rss, heap, idlePercent, one, durable,
                busy(BUSY, TimeUnit.SECONDS.toNanos(6)));
    }

    private SocketChannel connect() throws IOException {
        SocketChannel channel = SocketChannel.open(broker);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        ask(channel, new ApiVersionsRequest(new ApiVersionsRequestData().setClientSoftwareName("growth").setClientSoftwareVersion("1"), (short) 3));
        MetadataRequestData metadata = new MetadataRequestData().setTopics(List.of(new MetadataRequestTopic().setName(TOPIC)));
        ask(channel, new MetadataRequest(metadata, (short) 9));
        return channel;
    }

    private static void ask(SocketChannel channel, AbstractRequest request) throws IOException {
        ask(channel, frame(request), ByteBuffer.allocate(64 * 1024));
    }

    private static ByteBuffer frame(AbstractRequest request) {
        ByteBuffer bytes = request.serializeWithHeader(new RequestHeader(request.apiKey(), request.version(), "growth", 1));
        return ByteBuffer.allocate(Integer.BYTES + bytes.remaining()).putInt(bytes.remaining()).put(bytes).flip();
    }

    private static void ask(SocketChannel channel, ByteBuffer frame, ByteBuffer answer) throws IOException {
        ByteBuffer request = frame.duplicate();
        while (request.hasRemaining()) {
            channel.write(request);
        }
        answer.clear();
        while (answer.position() < Integer.BYTES || answer.position() < Integer.BYTES + answer.getInt(0)) {
            if (channel.read(answer) < 0) {
                throw new IOException("the broker closed a connection");
            }
        }
    }

    private static ByteBuffer produce(short acks, int partition) {
        TopicProduceData topic = new TopicProduceData().setName(TOPIC);
        topic.partitionData().add(new PartitionProduceData().setIndex(partition)
                .setRecords(MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(System.currentTimeMillis(), new byte[RECORD]))));
        ProduceRequestData request = new ProduceRequestData().setAcks(acks).setTimeoutMs(30_000);
        request.topicData().add(topic);
        return frame(new ProduceRequest(request, (short) 9));
    }

    private String sequential(int requests, short acks) throws IOException {
        long[] nanos = new long[requests];
        try (SocketChannel channel = connect()) {
            ByteBuffer frame = produce(acks, 0);
            ByteBuffer answer = ByteBuffer.allocate(4096);
            for (int i = 0; i < requests; i++) {
                long began = System.nanoTime();
                ask(channel, frame, answer);
                nanos[i] = System.nanoTime() - began;
            }
        }
        Arrays.sort(nanos);
        return micros(nanos, 0.5) + "/" + micros(nanos, 0.99) + "/" + micros(nanos, 0.999);
    }

    private String busy(int clients, long duration) throws Exception {
        ConcurrentLinkedQueue<long[]> all = new ConcurrentLinkedQueue<>();
        ConcurrentLinkedQueue<IOException> failures = new ConcurrentLinkedQueue<>();
        long ticks = ticks();
        long end = System.nanoTime() + duration;
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            threads.add(Thread.startVirtualThread(() -> {
                long[] nanos = new long[1024];
                int count = 0;
                try (SocketChannel channel = connect()) {
                    ByteBuffer frame = produce((short) 1, 0);
                    ByteBuffer answer = ByteBuffer.allocate(4096);
                    for (long began = System.nanoTime(); began < end; began = System.nanoTime()) {
                        ask(channel, frame, answer);
                        if (count == nanos.length) {
                            nanos = Arrays.copyOf(nanos, 2 * count);
                        }
                        nanos[count++] = System.nanoTime() - began;
                    }
                } catch (IOException failed) {
                    failures.add(failed);
                }
                all.add(Arrays.copyOf(nanos, count));
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        if (!failures.isEmpty()) {
            throw failures.peek();
        }
        long spent = ticks() - ticks;
        long[] nanos = all.stream().flatMapToLong(Arrays::stream).sorted().toArray();
        return Math.round(nanos.length * 1e9 / duration) + " " + micros(nanos, 0.5) + "/" + micros(nanos, 0.99) + ", "
                + Math.round(spent * 100_000.0 / nanos.length) / 10.0;
    }

    private static long micros(long[] sorted, double quantile) {
        return sorted[(int) (quantile * (sorted.length - 1))] / 1000;
    }

    /** Hundredths of a second. */
    private long ticks() throws IOException {
        String[] fields = Files.readString(Path.of("/proc/" + process + "/stat")).replaceFirst(".*\\) ", "").split(" ");
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }

    private double rssMegabytes() throws IOException {
        return number("VmRSS:\\s+(\\d+)", Files.readString(Path.of("/proc/" + process + "/status"))) / 1024;
    }

    private double heapMegabytes() throws Exception {
        return number("used (\\d+)K", jcmd("GC.heap_info")) / 1024;
    }

    private static double number(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        if (!matcher.find()) {
            throw new IllegalStateException("no " + pattern + " in " + text);
        }
        return Double.parseDouble(matcher.group(1));
    }

    private String jcmd(String command) throws Exception {
        Process jcmd = new ProcessBuilder(System.getProperty("java.home") + "/bin/jcmd", String.valueOf(process), command).redirectErrorStream(true).start();
        String output = new String(jcmd.getInputStream().readAllBytes());
        jcmd.waitFor();
        return output;
    }
}
