package io.millrace.broker.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.fuzz.Fuzzing;
import io.millrace.broker.wire.MalformedRequestException;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Any bytes, arriving in any pieces: what comes out are the frames that a reader of the whole would see, and memory in proportion to what arrived. */
public class FrameFuzzTest {

    private static final int MAX_BYTES = 1 << 20;

    @Test
    void knownInputsAreCutIntoTheFramesOfTheWholeStream() throws Exception {
        Fuzzing.replay(FrameFuzzTest.class, FrameFuzzTest::fuzzerTestOneInput);
    }

    @Test
    void newInputsAreCutIntoTheFramesOfTheWholeStream() throws Exception {
        Fuzzing.search(FrameFuzzTest.class, Stream.of());
    }

    public static void fuzzerTestOneInput(byte[] stream) throws IOException {
        for (int piece : new int[] {1, 7, Integer.MAX_VALUE}) {
            cut(stream, piece, false);
            cut(stream, piece, true);
        }
    }

    /** @param again whether memory of frames is used again */
    private static void cut(byte[] stream, int piece, boolean again) throws IOException {
        MemoryAccount account = new MemoryAccount(new RequestMemory(64 << 20));
        FrameReader frames = new FrameReader(new Pieces(stream, piece), MAX_BYTES, account);
        if (again) {
            frames.keepMemory();
        }
        ByteBuffer rest = ByteBuffer.wrap(stream);
        while (true) {
            ByteBuffer frame;
            try {
                frame = frames.next();
            } catch (EOFException cut) {
                assertThat(rest.hasRemaining()).isTrue();
                assertThat(rest.remaining() < 4 || rest.getInt() > rest.remaining()).isTrue();
                break;
            } catch (MalformedRequestException refused) {
                assertThat(rest.getInt()).matches(size -> size <= 0 || size > MAX_BYTES);
                break;
            }
            if (frame == null) {
                assertThat(rest.hasRemaining()).isFalse();
                break;
            }
            byte[] expected = new byte[rest.getInt()];
            rest.get(expected);
            assertThat(Arrays.copyOfRange(frame.array(), frame.position(), frame.limit())).isEqualTo(expected);
            account.giveBack(frames.loan());
            frames.done(frame);
        }
    }

    @Test
    void framesOfAllSizesOneAfterTheOtherAreTheirOwnWhereverTheyAreKept() throws Exception {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        for (int i = 0; i < 60; i++) {
            byte[] frame = new byte[1 + random.nextInt(i % 7 == 0 ? 600_000 : 150_000)];
            random.nextBytes(frame);
            stream.writeBytes(ByteBuffer.allocate(4).putInt(frame.length).array());
            stream.writeBytes(frame);
        }
        for (int piece : new int[] {1_000, 70_000, Integer.MAX_VALUE}) {
            cut(stream.toByteArray(), piece, true);
        }
    }

    @Test
    void aFrameThatIsKeptIsReadIntoAgain() throws Exception {
        byte[] stream = ByteBuffer.allocate(200_000).putInt(0, 99_996).putInt(100_000, 99_996).array();
        FrameReader frames = new FrameReader(new Pieces(stream, Integer.MAX_VALUE), MAX_BYTES, new MemoryAccount(new RequestMemory(64 << 20)));
        frames.keepMemory();
        ByteBuffer first = frames.next();
        frames.done(first);
        assertThat(frames.next().array()).isSameAs(first.array());
    }

    @Test
    void aFrameThatIsNotDoneIsNotTouched() throws Exception {
        byte[] stream = ByteBuffer.allocate(200_000).putInt(0, 99_996).putInt(100_000, 99_996).put(100_004, (byte) 1).array();
        FrameReader frames = new FrameReader(new Pieces(stream, Integer.MAX_VALUE), MAX_BYTES, new MemoryAccount(new RequestMemory(64 << 20)));
        frames.keepMemory();
        ByteBuffer first = frames.next();
        assertThat(frames.next().get(0)).isEqualTo((byte) 1);
        assertThat(first.get(0)).isZero();
    }

    /** A stream that arrives in pieces of that size. */
    private static final class Pieces implements ReadableByteChannel {

        private final ByteBuffer stream;
        private final int piece;

        Pieces(byte[] stream, int piece) {
            this.stream = ByteBuffer.wrap(stream);
            this.piece = piece;
        }

        @Override
        public int read(ByteBuffer into) {
            if (!stream.hasRemaining()) {
                return -1;
            }
            int count = Math.min(Math.min(piece, into.remaining()), stream.remaining());
            into.put(stream.slice(stream.position(), count));
            stream.position(stream.position() + count);
            return count;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {
            // Nothing to let go of.
        }
    }
}
