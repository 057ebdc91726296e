package io.millrace.kernel.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.millrace.kernel.plugin.sample.Quitter;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** If the guard failed, this test's own process would end. */
class GuardedPluginTest {

    @TempDir
    private static Path temp;
    private Platform platform;
    private RecordingHost host;

    @BeforeEach
    void install() throws Exception {
        platform = Platform.in(temp.resolve("data" + System.nanoTime()));
        host = new RecordingHost("connect");
        platform.register(host);
        Path jar = temp.resolve("quitter.jar");
        platform.plugins.install(PluginJar.bundle("quitter", "1.2.0").with(Quitter.class).with(Class.forName(Quitter.class.getName() + "$Worse", false,
                Quitter.class.getClassLoader())).writeTo(jar));
        assertThat(Await.until(() -> host.running != null)).isTrue();
    }

    @AfterEach
    void close() throws Exception {
        platform.close();
    }

    @SuppressWarnings("unchecked")
    private void call(String way) throws Exception {
        Class<?> type = host.running.load(Quitter.class.getName());
        assertThat(type).isNotSameAs(Quitter.class);
        ((Function<String, Object>) type.getDeclaredConstructor().newInstance()).apply(way);
    }

    @ParameterizedTest
    @CsvSource({"System.exit,System.exit(11)", "Runtime.exit,Runtime.exit(1)", "Runtime.halt,Runtime.halt(2)", "reference,System.exit(3)",
        "bound reference,Runtime.halt(4)"})
    void aPluginThatWantsToEndTheProcessIsRefusedByName(String way, String call) {
        assertThatThrownBy(() -> call(way)).isInstanceOf(SecurityException.class).hasMessageContaining("plugin quitter 1.2.0")
                .hasMessageContaining("Quitter.apply").hasMessageContaining(call);
    }

    @Test
    void aStaticInitializerThatWantsToEndTheProcessOnlyFails() {
        Throwable failure = catchThrowable(() -> call("static initializer"));
        assertThat(failure).isInstanceOf(ExceptionInInitializerError.class).cause().isInstanceOf(SecurityException.class)
                .hasMessageContaining("System.exit(5)");
    }

    @Test
    void shutdownHooksGoWithThePlugin() throws Exception {
        call("hook");
        assertSwept("shutdown hook quitter's hook");
    }

    @Test
    void virtualThreadsGoWithThePlugin() throws Exception {
        call("virtual threads");
        List<String> swept = assertSwept("virtual thread");
        assertThat(swept).hasSize(4).noneMatch(text -> text.contains("does not end"));
    }

    /** And with them its class loader. */
    private List<String> assertSwept(String what) throws Exception {
        host.running = null;
        platform.plugins.remove("quitter");
        List<String> swept = platform.plugins.retired().unreclaimed().stream().flatMap(loader -> loader.swept().stream()).toList();
        assertThat(swept).isNotEmpty().allMatch(text -> text.startsWith(what));
        assertThat(Await.collected(() -> platform.plugins.retired().unreclaimed().isEmpty())).isTrue();
        return swept;
    }
}
