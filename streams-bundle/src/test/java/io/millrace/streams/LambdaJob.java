package io.millrace.streams;

import java.util.Map;
import java.util.function.Consumer;

/** A job written in the test that needs it. */
public record LambdaJob(Consumer<StreamsBuilder> definition) implements StreamJob {

    @Override
    public String name() {
        return "lambda";
    }

    @Override
    public void define(StreamsBuilder builder, Map<String, String> config) {
        definition.accept(builder);
    }
}
