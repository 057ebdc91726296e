package io.millrace.broker.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.broker.transaction.Transaction.State;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class TransactionRecordsTest {

    @RepeatedTest(50)
    void whatIsWrittenIsRead() {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        Set<TopicPartition> partitions = new HashSet<>();
        for (int i = random.nextInt(20); i > 0; i--) {
            partitions.add(new TopicPartition("töpic" + random.nextInt(4), random.nextInt(300)));
        }
        Transaction transaction = new Transaction("id " + seed, random.nextLong(1000), (short) random.nextInt(Short.MAX_VALUE + 1),
                random.nextBoolean() ? Transaction.NONE : 1000 + random.nextLong(1000), random.nextBoolean() ? Transaction.NONE : 2000 + random.nextLong(1000),
                Transaction.NO_EPOCH, random.nextInt(900_000), State.values()[random.nextInt(6)], partitions, random.nextLong(1L << 50),
                random.nextBoolean() ? Transaction.NONE : random.nextLong(1L << 50), random.nextInt(3));
        assertThat(TransactionRecords.key(ByteBuffer.wrap(TransactionRecords.key(transaction.id())))).as("seed %d", seed)
                .isEqualTo(new TransactionRecords.TransactionKey(transaction.id()));
        assertThat(TransactionRecords.value(transaction.id(), ByteBuffer.wrap(TransactionRecords.value(transaction)))).as("seed %d", seed).isEqualTo(transaction);
    }

    @Test
    void aRecordOfAKafkaBrokerWithoutTransactionVersionsIsRead() {
        ByteBuffer value = ByteBuffer.allocate(200);
        value.putShort((short) 0).putLong(17).putShort((short) 3).putInt(60_000).put((byte) 1).putInt(2);
        value.putShort((short) 1).put((byte) 'a').putInt(2).putInt(0).putInt(7);
        value.putShort((short) 2).put((byte) 'b').put((byte) 'c').putInt(1).putInt(1);
        value.putLong(1_000).putLong(900).flip();
        assertThat(TransactionRecords.value("old", value)).isEqualTo(new Transaction("old", 17, (short) 3, Transaction.NONE, Transaction.NONE, Transaction.NO_EPOCH,
                60_000, State.ONGOING, Set.of(new TopicPartition("a", 0), new TopicPartition("a", 7), new TopicPartition("bc", 1)), 1_000, 900, 0));
        ByteBuffer empty = ByteBuffer.allocate(200);
        empty.putShort((short) 0).putLong(17).putShort((short) 3).putInt(60_000).put((byte) 0).putInt(-1).putLong(1_000).putLong(-1).flip();
        assertThat(TransactionRecords.value("old", empty).partitions()).isEmpty();
    }

    @Test
    void aRecordOfAKafkaBrokerIsRead() {
        // As Kafka 4.4 wrote it: it repeats the producer's own id as the previous one.
        byte[] value = HexFormat.of().parseHex("0001000000000000001a00020000ea600202106232353933333030353137313137340700000003000000020000000500000004"
                + "000000010000000000000001a1fd63dcce000001a1fd63dcb0020008000000000000001a02020002");
        Set<TopicPartition> partitions = new HashSet<>();
        for (int index = 0; index < 6; index++) {
            partitions.add(new TopicPartition("b25933005171174", index));
        }
        assertThat(TransactionRecords.value("k", ByteBuffer.wrap(value))).isEqualTo(new Transaction("k", 26, (short) 2, Transaction.NONE, Transaction.NONE,
                Transaction.NO_EPOCH, 60_000, State.PREPARE_COMMIT, partitions, 1_795_252_542_670L, 1_795_252_542_640L, 2));
    }

    @Test
    void aRecordOfALaterVersionIsRefusedByName() {
        assertThatThrownBy(() -> TransactionRecords.value("t1", ByteBuffer.allocate(100).putShort(0, (short) 2))).hasMessageContaining("t1")
                .hasMessageContaining("version 2");
    }
}
