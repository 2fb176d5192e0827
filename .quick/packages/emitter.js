import ComponentEmitter from "./component-emitter/index.js";

class Emitter extends ComponentEmitter {
  get emitReserved() {
    return super.emit;
  }
}

export { Emitter };
