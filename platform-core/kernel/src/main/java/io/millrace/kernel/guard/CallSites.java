package io.millrace.kernel.guard;

import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDesc;
import java.lang.constant.DirectMethodHandleDesc;
import java.lang.constant.DynamicCallSiteDesc;
import java.lang.constant.MethodHandleDesc;
import java.lang.constant.MethodTypeDesc;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Leads calls of some methods of the JDK, and references to them, to {@link PluginGuard}. JDK 24 took away the security manager with which
 * this was done before. A call is replaced by one with the same effect on the stack, so the verifier's frames stay as the compiler wrote them.
 * Reflection and native code are not seen.
 */
final class CallSites {

    static final String GUARD_PACKAGE = PluginGuard.class.getPackageName();

    private static final ClassDesc GUARD = ClassDesc.of(PluginGuard.class.getName());
    private static final Map<Call, Call> LED = new HashMap<>();

    private record Call(String owner, String name, String descriptor) {

        MethodTypeDesc type() {
            return MethodTypeDesc.ofDescriptor(descriptor);
        }
    }

    static {
        statically("java/lang/System", "exit", "(I)V");
        on("java/lang/Runtime", "exit", "(I)V");
        on("java/lang/Runtime", "halt", "(I)V");
        on("java/lang/Runtime", "addShutdownHook", "(Ljava/lang/Thread;)V");
        on("java/lang/Runtime", "removeShutdownHook", "(Ljava/lang/Thread;)Z");
        statically("java/lang/Thread", "startVirtualThread", "(Ljava/lang/Runnable;)Ljava/lang/Thread;");
        statically("java/util/concurrent/Executors", "newVirtualThreadPerTaskExecutor", "()Ljava/util/concurrent/ExecutorService;");
        for (String builder : List.of("java/lang/Thread$Builder", "java/lang/Thread$Builder$OfVirtual")) {
            builder(builder, "start", "(Ljava/lang/Runnable;)Ljava/lang/Thread;");
            builder(builder, "unstarted", "(Ljava/lang/Runnable;)Ljava/lang/Thread;");
            builder(builder, "factory", "()Ljava/util/concurrent/ThreadFactory;");
        }
    }

    /** As they stand in a class file's constants: tag, length, text. Few classes have one of them, and only those are read closely. */
    private static final List<String> NAMES = LED.keySet().stream().map(Call::name).filter(name -> !name.equals("start")).distinct()
            .map(name -> "\1\0" + (char) name.length() + name).toList();
    private static final String BUILDER = "java/lang/Thread$Builder";

    private CallSites() {}

    private static void statically(String owner, String name, String descriptor) {
        LED.put(new Call(owner, name, descriptor), new Call("", name, descriptor));
    }

    private static void on(String owner, String name, String descriptor) {
        LED.put(new Call(owner, name, descriptor), new Call("", name, "(L" + owner + ";" + descriptor.substring(1)));
    }

    private static void builder(String owner, String name, String descriptor) {
        LED.put(new Call(owner, name, descriptor), new Call("", name, "(Ljava/lang/Thread$Builder;" + descriptor.substring(1)));
    }

    /** @return the class with its calls led to the guard, or empty if it makes none of them */
    static Optional<byte[]> led(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        if (!text.contains(BUILDER) && NAMES.stream().noneMatch(text::contains)) {
            return Optional.empty();
        }
        // Frames are handed through, for to compute new ones the JDK would want to know the types of the whole plugin.
        ClassFile files = ClassFile.of(ClassFile.StackMapsOption.DROP_STACK_MAPS, ClassFile.DeadCodeOption.KEEP_DEAD_CODE);
        ClassModel model = files.parse(bytes);
        if (!callsAny(model)) {
            return Optional.empty();
        }
        ClassTransform calls = (type, element) -> {
            if (element instanceof MethodModel method && method.code().orElse(null) instanceof CodeAttribute code) {
                type.transformMethod(method, MethodTransform.transformingCode(new Leading(code)));
            } else {
                type.with(element);
            }
        };
        return Optional.of(files.transformClass(model, calls));
    }

    private static boolean callsAny(ClassModel model) {
        for (PoolEntry entry : model.constantPool()) {
            if (entry instanceof MemberRefEntry member
                    && LED.containsKey(new Call(member.owner().asInternalName(), member.name().stringValue(), member.type().stringValue()))) {
                return true;
            }
        }
        return false;
    }

    private record Leading(CodeAttribute original) implements CodeTransform {

        @Override
        public void accept(CodeBuilder code, CodeElement element) {
            switch (element) {
                case InvokeInstruction invoke when LED.get(new Call(invoke.owner().asInternalName(), invoke.name().stringValue(),
                        invoke.type().stringValue())) instanceof Call led -> code.invokestatic(GUARD, led.name(), led.type());
                case InvokeDynamicInstruction invoke when Arrays.stream(invoke.bootstrapArgs().toArray()).anyMatch(Leading::isLed) ->
                        code.invokedynamic(DynamicCallSiteDesc.of(invoke.bootstrapMethod(), invoke.name().stringValue(), invoke.typeSymbol(),
                                invoke.bootstrapArgs().stream().map(Leading::led).toArray(ConstantDesc[]::new)));
                default -> code.with(element);
            }
        }

        @Override
        public void atEnd(CodeBuilder code) {
            original.findAttribute(Attributes.stackMapTable()).ifPresent(code::with);
        }

        private static boolean isLed(Object argument) {
            return argument instanceof DirectMethodHandleDesc handle && LED.containsKey(call(handle));
        }

        private static ConstantDesc led(ConstantDesc argument) {
            if (!(argument instanceof DirectMethodHandleDesc handle) || !(LED.get(call(handle)) instanceof Call led)) {
                return argument;
            }
            return MethodHandleDesc.ofMethod(DirectMethodHandleDesc.Kind.STATIC, GUARD, led.name(), led.type());
        }

        private static Call call(DirectMethodHandleDesc handle) {
            String descriptor = handle.owner().descriptorString();
            return new Call(descriptor.startsWith("L") ? descriptor.substring(1, descriptor.length() - 1) : descriptor, handle.methodName(),
                    handle.lookupDescriptor());
        }
    }
}
